"""Prints that were damaged, or tiles of which fail: found and mended, to the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from run_files import Files, contents, cut_off, flipped, problems, tiles_of

from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest
from stages import canvas, restyle
from stages.errors import (
    TilebrushError,
    TilesFailed,
)

DAMAGE = pytest.mark.parametrize("damage", [cut_off, flipped, Path.unlink])


@DAMAGE
def test_any_damaged_output_is_found_and_mended(
    printer, copied: Path, finished: Path, damage: Callable[[Path], None]
) -> None:
    wanted = contents(finished)
    outputs = [name for name in wanted if not name.endswith("energy.txt")]
    # One of each kind, from all stages.
    kinds = {
        name.split("/")[0].split("-")[0] + name.rsplit("/", 1)[-1][:5]: name for name in outputs
    }
    assert len(kinds) >= 9
    for name in kinds.values():
        damage(copied / name)
    assert problems(copied) == set(kinds.values())
    printer.resume(copied)
    assert problems(copied) == set()
    assert contents(copied) == wanted


@DAMAGE
def test_each_damaged_output_is_mended_alone(
    printer, copied: Path, finished: Path, damage: Callable[[Path], None]
) -> None:
    wanted = contents(finished)
    names = [
        "display/canvas.npy", "display/energy.txt", "prepare/style-1.npy", "upsample-2/photo.npy",
        "restyle-1/style.safetensors", "restyle-1/sweep-1/canvas.npy",
        "restyle-2/sweep-1/moments.safetensors", "restyle-2/canvas.npy", "print.jpg",
    ]  # fmt: skip
    for name in names:
        damage(copied / name)
        assert problems(copied) == {name}
        printer.resume(copied)
        assert problems(copied) == set()
        assert (copied / name).read_bytes() == wanted[name]
    assert contents(copied) == wanted


@DAMAGE
def test_a_damaged_tile_alone_is_computed_again(
    printer, copied: Path, finished: Path, damage: Callable[[Path], None]
) -> None:
    tile = tiles_of(copied)[-1]
    damage(tile)
    assert problems(copied) == {tile.relative_to(copied).as_posix()}
    assert printer.resume(copied).tiles_computed == 1
    assert contents(copied) == contents(finished)


def test_a_damaged_record_is_found_and_mended(printer, copied: Path, finished: Path) -> None:
    tile = tiles_of(copied)[0]
    record = tile.with_name(tile.name + ".json")
    record.write_text("{")
    assert problems(copied) == {record.relative_to(copied).as_posix()}
    assert printer.resume(copied).tiles_computed == 1
    assert problems(copied) == set()
    record.unlink()
    assert printer.resume(copied).tiles_computed == 1
    assert contents(copied) == contents(finished)


def test_a_deleted_record_of_a_finished_print_is_found(printer, copied: Path) -> None:
    records = sorted(path for path in copied.glob("*/**/*.json"))
    assert len(records) > 20
    for record in records:
        name, data = record.relative_to(copied).as_posix(), record.read_bytes()
        record.unlink()
        assert problems(copied) == {name}
        record.write_bytes(data)
    assert problems(copied) == set()


def test_a_run_without_inputs_is_said_so(printer, copied: Path) -> None:
    manifest = RunDir.open(copied).manifest()
    for inputs in ((), manifest.inputs[:1], manifest.inputs[1:]):
        run = RunDir.create(
            copied.with_name(f"run-{inputs}"[:9] + str(len(inputs))),
            Manifest(manifest.asked, manifest.resolved, inputs, manifest.tools),
        )
        with pytest.raises(TilebrushError, match="no photo or no style"):
            printer.resume(run.root)
        (run.root / "run.json").unlink()
        (run.root / ".run.json").unlink()


def short_of_memory(monkeypatch: pytest.MonkeyPatch, least_parts: int) -> list[int]:
    """Tiles of level 2 find no memory in fewer parts than that; gives the parts that were tried."""
    real, tried = restyle.restyle_tile, []

    def failing(studio, job, *given, parts=1, **named):
        if job.name.startswith("restyle@2"):
            tried.append(parts)
            if parts < least_parts:
                raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        return real(studio, job, *given, parts=parts, **named)

    monkeypatch.setattr(restyle, "restyle_tile", failing)
    return tried


def test_without_memory_for_a_tile_the_print_goes_on_in_parts(
    printer, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        tried = short_of_memory(patch, 4)
        made = printer(run)
    assert tried[:3] == [1, 2, 4] and set(tried[3:]) == {4}
    assert made.tiles_computed > 8 and not problems(run)
    assert "worked on in 4 parts" in (run / "run.log").read_text()
    before, now = contents(finished), contents(run)
    same = [name for name in before if before[name] == now[name]]
    assert {"display/canvas.npy", "restyle-1/canvas.npy", "upsample-2/canvas.npy"} <= set(same)
    whole, parted = (canvas.read(Files(where).restyled(2)) for where in (finished, run))
    assert np.abs(whole - parted).mean() < 0.02  # a halo each: nearly the same picture
    # It goes on like that, whatever memory there is then.
    tiles_of(run)[-1].unlink()
    assert printer.resume(run).tiles_computed == 1
    assert contents(run) == now


def test_memory_that_is_never_enough_is_said_so(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = short_of_memory(monkeypatch, 99)
    with pytest.raises(RuntimeError, match="not enough memory"):  # told as exit code 13
        printer(tmp_path / "run")
    assert tried == [1, 2, 4, 8, 16]


def test_tiles_that_a_kill_left_behind_are_dropped(printer, copied: Path, finished: Path) -> None:
    left = copied / "restyle-2" / "sweep-1" / "tile-0-0.npy"
    left.write_bytes(b"half")
    printer.resume(copied)
    assert not left.exists()
    assert contents(copied) == contents(finished)


class Failing:
    """Makes chosen tiles raise; by default as often as they are tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, names: set[str], times: int) -> None:
        self.tries: dict[str, int] = {}
        real = restyle.restyle_tile

        def restyled(studio, job, *given, **named):
            last = job.name.startswith("restyle@2 sweep 2")
            if last and job.tile.name in names:
                self.tries[job.tile.name] = self.tries.get(job.tile.name, 0) + 1
                if self.tries[job.tile.name] <= times:
                    raise ArithmeticError("loss nan")
            return real(studio, job, *given, **named)

        monkeypatch.setattr(restyle, "restyle_tile", restyled)


def test_a_tile_that_fails_once_is_tried_again(
    printer, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(monkeypatch, {"0,1"}, 1)
    printer(tmp_path / "run")
    assert failing.tries == {"0,1": 2}
    assert contents(tmp_path / "run") == contents(finished)
    assert "loss nan" in (tmp_path / "run" / "run.log").read_text()


def test_tiles_that_fail_twice_stop_the_print_but_not_the_others(
    printer, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        Failing(patch, {"0,1", "1,0"}, 2)
        with pytest.raises(TilesFailed, match=r"2 tiles failed twice \(restyle@2 0,1") as caught:
            printer(run)
    assert caught.value.exit_code == 3
    assert not (run / "print.tif").exists() and not (run / "restyle-2" / "canvas.npy").exists()
    assert len(tiles_of(run)) == len(tiles_of(finished)) - 2
    assert printer.resume(run).tiles_computed == 2
    assert contents(run) == contents(finished)
