"""Prints from beginning to end: finished, resumed, mended, refused, begun anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from run_files import Files

from pipeline.commands.clean import clean
from pipeline.commands.display import display
from pipeline.commands.print import print_run
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.engine.worker import Worker
from pipeline.planning import levels as plan
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages import canvas, restyle
from stages import display as stage
from stages.canvas.inputs import header
from stages.errors import (
    InputImageError,
    ResourceError,
    RunDiffers,
    RunLocked,
    RunMissing,
    TilebrushError,
    TilesFailed,
    UsageError,
    WeightsError,
)
from stages.tiles import Size

PRINTS = ("print.tif", "print.jpg")


def contents(run: Path) -> dict[str, bytes]:
    """All outputs, without what holds times: records, run.json, run.log, the page."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file()
        and path.suffix not in (".json", ".log")
        and path.name[0] != "."
        and "report" not in path.relative_to(run).parts
    }


def tiles_of(run: Path) -> list[Path]:
    return sorted(run.glob("restyle-*/sweep-*/tile-*.npy"))


def problems(run: Path) -> set[str]:
    return {row.file for row in verify(run).problems}


@pytest.fixture
def own_photo(printer, tmp_path: Path) -> Path:
    """A copy of the photo that may be changed."""
    return Path(shutil.copy(printer.photo, tmp_path / "mine.png"))


# ---- a print


def test_a_print_is_made(printer, tmp_path: Path) -> None:
    made = printer(tmp_path / "run")
    assert made.size == "240x180"
    assert made.tiles_computed > 8 and made.tiles_found == 0
    assert [canvas.inspect(Path(p)).size for p in (made.tiff, made.jpeg)] == [Size(240, 180)] * 2
    run = RunDir.open(tmp_path / "run")
    planned = plan.make(Worker(run, Console(quiet=True)).brief.settings)
    assert len(planned.levels) == 2
    assert made.tiles_computed == sum(len(g.tiles) for v in planned.levels for g in v.grids)
    # The last sweep's tiles stay for looking at; those of the others have served.
    assert len(tiles_of(run.root)) == sum(len(v.grids[-1].tiles) for v in planned.levels)
    assert not any(".part-" in name for name in contents(run.root))
    result = verify(run.root)
    assert not result.problems and result.files > 10


def test_the_print_is_the_last_canvas_and_no_copy_of_the_photo(finished: Path) -> None:
    run = RunDir.open(finished)
    last, photo = canvas.read(Files(run).restyled(2)), canvas.read(Files(run).level_photo(2))
    assert last.shape == photo.shape == (180, 240, 3)
    assert np.isfinite(last).all() and last.min() >= 0 and last.max() <= 1
    assert np.abs(last - photo).mean() > 0.01
    before = canvas.read(Files(run).level_canvas(2))
    assert np.abs(last - before).mean() > 1e-4
    tiff = finished.parent / "tiff.npy"
    canvas.prepare_photo(Files(run).print_tiff(), tiff, Size(240, 180))
    assert np.abs(canvas.read(tiff) - last).max() < 1.6 / 255


def test_a_finished_print_is_not_made_again(printer, copied: Path) -> None:
    before = contents(copied)
    for made in (printer(copied), printer.resume(copied)):
        assert made.tiles_computed == 0
        assert made.tiles_found > 8
    assert contents(copied) == before


def test_the_same_inputs_give_the_same_bytes(printer, finished: Path, tmp_path: Path) -> None:
    printer(tmp_path / "other")
    assert contents(tmp_path / "other") == contents(finished)


def test_run_json_says_what_the_print_is_made_of(printer, finished: Path) -> None:
    data = json.loads((finished / "run.json").read_text())
    assert [item["role"] for item in data["inputs"]] == ["photo", "style"]
    assert data["inputs"][0]["path"] == str(printer.photo)
    assert data["resolved"]["print"]["size"] == "240x180"
    assert data["resolved"]["run"]["precision"] == "float32"
    assert {"tilebrush", "torch", "libvips", "encoder weights"} <= data["tools"].keys()


def test_losses_are_in_the_records_of_tiles(finished: Path) -> None:
    run = RunDir.open(finished)
    for path in tiles_of(finished):
        record = run.record(path)
        assert record is not None
        losses = record.extra["losses"]
        assert losses["least"] <= losses["first"]


def test_several_styles_and_adam_and_16_bits(printer, tmp_path: Path) -> None:
    settings = printer.resolved(
        style_weights="1,3", style_statistics="gram+std", optimizer_name="adam", print_bits=16
    )
    console = Console(quiet=True)
    styles = [printer.style, printer.photo]
    made = print_run(printer.photo, styles, tmp_path / "run", settings, console)
    assert Path(made.tiff).stat().st_size > 240 * 180
    assert (tmp_path / "run" / "prepare" / "style-2.npy").is_file()
    with pytest.raises(UsageError, match="2 numbers for 1 style"):
        print_run(printer.photo, [printer.style], tmp_path / "b", settings, console)


def test_a_print_no_larger_than_the_display_has_no_tiles(printer, tmp_path: Path) -> None:
    made = printer(tmp_path / "run", print_size="90x70")
    assert (made.size, made.tiles_computed) == ("90x68", 0)
    assert canvas.inspect(Path(made.tiff)).size == Size(90, 68)


# ---- other settings or inputs


def test_other_settings_are_refused(printer, copied: Path) -> None:
    before = contents(copied)
    with pytest.raises(RunDiffers, match=r"tiles\.core: 64 -> 128") as caught:
        printer(copied, tiles_core=128)
    assert caught.value.exit_code == 14 and "\n" not in str(caught.value)
    assert contents(copied) == before


def test_settings_without_effect_are_not_refused(printer, copied: Path) -> None:
    assert printer(copied, run_nice=1, energy_watts=20).tiles_computed == 0


def test_what_the_computer_made_of_the_same_settings_is_no_difference(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Little memory made tiles smaller once; the same command later has more, or another pace."""
    from pipeline.commands import print as command

    run, asked = tmp_path / "run", {"tiles_core": 128, "run_precision": "auto"}

    def short(settings, px):
        smaller = settings.tiles.model_copy(update={"core": 64})
        return settings.model_copy(update={"tiles": smaller})

    with monkeypatch.context() as patch:
        patch.setattr(command, "within_memory", short)
        made = printer(run, run_memory="1.3GB", **asked)
    data = json.loads((run / "run.json").read_text())
    assert (data["asked"]["tiles"]["core"], data["resolved"]["tiles"]["core"]) == (128, 64)
    assert data["asked"]["run"]["precision"] == "auto" != data["resolved"]["run"]["precision"]
    again = printer(run, run_memory="", **asked)
    assert again.tiles_computed == 0 and again.tiles_found == made.tiles_computed


def test_another_photo_is_refused(printer, copied: Path) -> None:
    with pytest.raises(RunDiffers, match=r"begun with photo\.png, style\.png"):
        printer(copied, printer.style)


def test_the_same_photo_under_another_name_is_the_same(
    printer, copied: Path, own_photo: Path
) -> None:
    assert printer(copied, own_photo).tiles_computed == 0


def test_force_begins_anew(printer, copied: Path, tmp_path: Path) -> None:
    made = printer(copied, force=True, paint_iterations="1")
    assert made.tiles_found == 0 and made.tiles_computed > 8
    printer(tmp_path / "fresh", paint_iterations="1")
    assert contents(copied) == contents(tmp_path / "fresh")
    assert not verify(copied).problems


def test_force_does_not_redo_what_is_the_same(printer, copied: Path) -> None:
    assert printer(copied, force=True).tiles_computed == 0


# ---- damage


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


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


# ---- inputs that go or change


def test_inputs_are_not_needed_after_prepare(printer, tmp_path: Path, own_photo: Path) -> None:
    run = tmp_path / "run"
    printer(run, own_photo)
    wanted = contents(run)
    own_photo.unlink()
    for name in ("display", "upsample-1", "upsample-2", "restyle-1", "restyle-2"):
        shutil.rmtree(run / name)
    (run / "print.tif").unlink()
    assert printer.resume(run).tiles_computed > 8
    assert contents(run) == wanted


def begun(printer, folder: Path, photo: Path) -> RunDir:
    """A run of which nothing is made yet."""
    manifest = RunDir.open(folder).manifest()
    inputs = (Input.of("photo", photo), *manifest.inputs[1:])
    return RunDir.create(
        folder.with_name("begun"),
        Manifest(manifest.asked, manifest.resolved, inputs, manifest.tools),
    )


def test_a_changed_input_is_refused(printer, copied: Path, own_photo: Path) -> None:
    run = begun(printer, copied, own_photo)
    canvas.preview(np.zeros((120, 160, 3), np.float32), own_photo)
    with pytest.raises(RunDiffers, match=r"mine\.png has changed"):
        printer.resume(run.root)
    assert contents(run.root) == {}


def test_a_missing_input_is_said_so(printer, copied: Path, own_photo: Path) -> None:
    run = begun(printer, copied, own_photo)
    own_photo.unlink()
    with pytest.raises(InputImageError, match=r"mine\.png.*gone") as caught:
        printer.resume(run.root)
    assert caught.value.exit_code == 15
    with pytest.raises(InputImageError):
        printer(run.root, own_photo)


def test_inputs_are_opened_once_for_the_header_and_once_for_the_pixels(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    real = header.opened
    monkeypatch.setattr(header, "opened", lambda path: (opened.append(path), real(path))[1])
    printer(tmp_path / "run")
    assert sorted(opened) == sorted([printer.photo, printer.style] * 2)


@pytest.mark.parametrize("role", ["photo", "style"])
def test_of_an_input_cut_short_no_run_is_left(
    printer, tmp_path: Path, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = Path(shutil.copy(getattr(printer, role), tmp_path / "cut.png"))
    cut_off(damaged)
    if role == "style":
        monkeypatch.setattr(printer, "style", damaged)
    photo = damaged if role == "photo" else None
    monkeypatch.setattr(stage, "from_files", lambda *_: pytest.fail("it was worked on"))
    for folder in (tmp_path / "new", tmp_path / "empty"):
        if folder.name == "empty":
            folder.mkdir()
        with pytest.raises(InputImageError, match="cut short"):
            printer(folder, photo)
        assert folder.exists() == (folder.name == "empty")
    monkeypatch.undo()
    assert printer(tmp_path / "empty").tiles_found == 0  # as good as new


def test_force_drops_nothing_for_an_input_cut_short(printer, copied: Path, own_photo: Path) -> None:
    cut_off(own_photo)
    before = contents(copied)
    with pytest.raises(InputImageError, match="cut short"):
        printer(copied, own_photo, force=True)
    assert contents(copied) == before and not problems(copied)


# ---- the encoder


def test_other_weights_are_refused(
    printer, tmp_path: Path, encoder_file: Callable[..., Path]
) -> None:
    own = encoder_file(tmp_path / "own.safetensors")
    run = tmp_path / "run"
    printer(run, encoder_name=str(own))
    kept = own.read_bytes()  # written again, its header may have another order
    encoder_file(own, seed=1)
    assert printer.resume(run).tiles_computed == 0  # nothing to compute: they are not needed
    tiles_of(run)[0].unlink()
    with pytest.raises(RunDiffers, match="encoder weights"):
        printer.resume(run)
    with pytest.raises(RunDiffers, match="encoder weights"):
        printer(run, encoder_name=str(own))
    own.write_bytes(kept)
    assert printer.resume(run).tiles_computed == 1


def test_weights_that_are_gone_are_said_so(printer, tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        printer(tmp_path / "run", encoder_name=str(tmp_path / "none.safetensors"))
    assert not (tmp_path / "run").exists()


# ---- tiles that fail


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


# ---- room and budget


def test_too_little_memory_is_said_so(printer, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="memory") as caught:
        printer(tmp_path / "run", run_memory="100MB")
    assert caught.value.exit_code == 13
    assert not (tmp_path / "run").exists()


def test_too_little_disk_is_said_so(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.run import atomic

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ResourceError, match="needed"):
        printer(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_budget_changes_iterations_and_can_be_resumed(
    printer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    printer(run, run_budget="1s", paint_iterations="1000")
    kept = json.loads((run / "run.json").read_text())["resolved"]["levels"]["iterations"]
    assert 2 <= kept[0] < 1000
    assert printer(run, run_budget="1s", paint_iterations="1000").tiles_computed == 0


# ---- looking after runs


def test_a_run_that_is_worked_on_is_locked(printer, copied: Path) -> None:
    with RunDir.open(copied).locked():
        for work in (printer, printer.resume, lambda run: clean(run)):
            with pytest.raises(RunLocked) as caught:
                work(copied)
            assert caught.value.exit_code == 11
        assert not verify(copied).problems  # looking is allowed


def test_cleaning_keeps_the_print(printer, copied: Path, finished: Path) -> None:
    freed = clean(copied).freed_bytes
    assert freed > 1_000_000
    assert set(contents(copied)) == set(PRINTS)
    assert all((copied / name).read_bytes() == (finished / name).read_bytes() for name in PRINTS)
    assert not verify(copied).problems
    assert printer.resume(copied).tiles_computed == printer(copied).tiles_computed == 0
    assert set(contents(copied)) == set(PRINTS)


def test_an_unfinished_run_is_not_cleaned(printer, copied: Path) -> None:
    for name in ("print.tif", "finish/print.tif.json"):  # gone, and then unfinished
        (copied / name).unlink()
        with pytest.raises(TilebrushError, match="run tilebrush resume first"):
            clean(copied)
    assert tiles_of(copied)


def test_no_run_is_said_so(tmp_path: Path, printer) -> None:
    for call in (printer.resume, status, verify):
        with pytest.raises(RunMissing) as caught:
            call(tmp_path)
        assert caught.value.exit_code == 10


def test_print_without_style_is_a_usage_error(printer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="style"):
        print_run(printer.photo, [], tmp_path / "run", printer.resolved(), Console(quiet=True))


def test_display_writes_one_image(printer, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    made = display(printer.photo, [printer.style], out, printer.resolved(), Console(quiet=True))
    assert (made.size, made.iterations) == ("96x72", 4)  # one joins the paint
    assert canvas.inspect(out).size == Size(96, 72)
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_a_border_lies_around_the_same_picture(
    printer: Any, finished: Path, tmp_path: Path
) -> None:
    printer(
        tmp_path / "run", print_size="260x200", print_border="10px", print_border_colour="black"
    )
    plain, framed = (
        pyvips.Image.new_from_file(str(run / "print.tif")).numpy()
        for run in (finished, tmp_path / "run")
    )
    assert framed.shape == (200, 260, 3)
    assert (framed[10:-10, 10:-10] == plain).all()
    assert framed[:10].max() == framed[:, :10].max() == framed[:, -10:].max() == 0


def test_another_crop_is_another_picture(printer: Any, tmp_path: Path) -> None:
    same = {"print_fit": "cover", "print_size": "120x180"}
    for at in ("left", "right"):
        printer(tmp_path / at, print_crop=at, **same)
    left, right = ((tmp_path / at / "prepare/photo.npy").read_bytes() for at in ("left", "right"))
    assert left != right
    with pytest.raises(RunDiffers, match=r"print\.crop"):
        printer(tmp_path / "left", print_crop="0.1,0.5", **same)
