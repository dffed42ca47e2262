"""`--force`: everything that can go wrong does so before anything of the old is given up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.clean import clean
from pipeline.commands.display import display
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.engine.worker import Worker
from pipeline.run import atomic
from pipeline.run.records import FORMAT
from stages import canvas
from stages.errors import (
    InputImageError,
    Interrupted,
    ResourceError,
    RunDiffers,
    TilebrushError,
    WeightsError,
)

PRINTS = ("print.tif", "print.jpg")


def everything(run: Path) -> dict[str, bytes]:
    """All that a run holds, but for who worked on it last."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in (".lock", ".owner")
    }


def pictures(run: Path) -> dict[str, bytes]:
    return {
        name: data for name, data in everything(run).items() if name.endswith((".npy", *PRINTS))
    }


def of_format(run: Path, number: int) -> None:
    """Make it a run of another version."""
    data = json.loads((run / "run.json").read_text()) | {"format": number, "tilebrush": "0.1"}
    data.pop("check")
    for name in ("run.json", ".run.json"):
        (run / name).write_text(json.dumps(data))


def no_weights(printer: Any, run: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    printer(run, force=True, encoder_name=str(tmp_path / "none.safetensors"))


def no_disk(printer: Any, run: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    patch.setattr(atomic.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    printer(run, force=True, print_size="2400x1800")


def no_memory(printer: Any, run: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    printer(run, force=True, run_memory="100MB", run_seed=1)


def cut_photo(printer: Any, run: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    whole = printer.photo.read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    printer(run, tmp_path / "cut.png", force=True)


def no_photo(printer: Any, run: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    printer(run, tmp_path / "none.png", force=True)


def cut_style(printer: Any, run: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    whole = printer.style.read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    patch.setattr(printer, "style", tmp_path / "cut.png")
    printer(run, force=True)


HINDRANCES = [
    (no_weights, WeightsError), (no_disk, ResourceError), (no_memory, ResourceError),
    (cut_photo, InputImageError), (cut_style, InputImageError), (no_photo, InputImageError),
]  # fmt: skip


@pytest.mark.parametrize(("hindered", "error"), HINDRANCES)
@pytest.mark.parametrize("kind", ["finished", "of another version", "cleaned"])
def test_what_cannot_be_begun_leaves_the_old_run_untouched(
    printer: Any,
    copied: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hindered: Callable[..., None],
    error: type[TilebrushError],
    kind: str,
) -> None:
    if kind == "of another version":
        of_format(copied, FORMAT - 1)
    if kind == "cleaned":
        clean(copied)
    before = everything(copied)
    with pytest.raises(error) as caught:
        hindered(printer, copied, tmp_path, monkeypatch)
    assert "\n" not in str(caught.value)
    assert everything(copied) == before


def test_it_says_what_it_drops_and_what_stays(
    printer: Any, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.commands.print import print_run

    settings = printer.resolved(display_iterations="2")
    print_run(printer.photo, [printer.style], copied, settings, Console(), force=True)
    said = " ".join(capsys.readouterr().err.split())
    assert (
        "starting anew" in said and "outputs of the old run" in said and "GB) were dropped" in said
    )
    assert "print.jpg, print.tif stays until the new one is written" in said


def test_the_old_print_stays_until_the_new_one_is_written(
    printer: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {name: (copied / name).read_bytes() for name in PRINTS}
    real, seen = Worker._commit, []

    def commit(self: Worker, ref: Any, *given: Any) -> None:
        there = {name: (copied / name).read_bytes() for name in PRINTS}
        seen.append((ref.name, [name for name in PRINTS if there[name] == old[name]]))
        real(self, ref, *given)

    monkeypatch.setattr(Worker, "_commit", commit)
    printer(copied, force=True, run_seed=1)
    *before, (name, last) = seen
    assert all(same == [*PRINTS] for _, same in before) and before[-1][0] == "TIFF"
    assert (name, last) == ("JPEG", ["print.jpg"])
    assert {name: (copied / name).read_bytes() for name in PRINTS}.keys() == old.keys()
    assert all((copied / name).read_bytes() != old[name] for name in PRINTS)


@pytest.mark.parametrize("how", ["resume", "again"])
def test_interrupted_it_goes_on_with_the_new_one(
    printer: Any, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    old = (copied / "print.tif").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_tried", lambda *_: (_ for _ in ()).throw(Interrupted(15)))
        with pytest.raises(Interrupted):
            printer(copied, force=True, run_seed=1)
    assert (copied / "print.tif").read_bytes() == old
    assert status(copied).state == "stopped" and not verify(copied).problems
    with pytest.raises(RunDiffers, match=r"run\.seed: 1 -> 0"):
        printer(copied)  # it is the new one's folder now
    if how == "resume":
        printer.resume(copied)
    else:
        printer(copied, force=True, run_seed=1)
    printer(tmp_path / "fresh", run_seed=1)
    assert pictures(copied) == pictures(tmp_path / "fresh")
    assert not verify(copied).problems


def test_files_of_others_stay(printer: Any, copied: Path) -> None:
    own = [copied / name for name in ("notes.txt", "display/mine.png", "restyle-2/sketch.npy")]
    for path in own:
        path.write_text("mine")
    printer(copied, force=True, display_iterations="2")
    assert all(path.read_text() == "mine" for path in own)


# ---- a run of another version


@pytest.mark.parametrize("number", [FORMAT - 1, FORMAT + 1])
def test_a_run_of_another_version_is_refused_in_a_line(
    printer: Any, copied: Path, number: int
) -> None:
    of_format(copied, number)
    before = everything(copied)
    for call in (printer, printer.resume, status, verify, clean):
        with pytest.raises(TilebrushError, match=f"format {number}") as caught:
            call(copied)
        told = str(caught.value)
        assert "\n" not in told and ("--force" if number < FORMAT else "update") in told
    assert everything(copied) == before


@pytest.mark.parametrize("number", [FORMAT - 1, FORMAT + 1])
def test_a_run_of_another_version_is_begun_anew(
    printer: Any, copied: Path, finished: Path, number: int
) -> None:
    of_format(copied, number)
    printer(copied, force=True)
    assert pictures(copied) == pictures(finished)
    assert status(copied).state == "finished" and not verify(copied).problems


# ---- display


def test_display_replaces_when_the_new_picture_is_made(
    printer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"old")

    def made(**changed: object) -> None:
        display(printer.photo, [printer.style], out, printer.resolved(**changed), Console(True))

    with pytest.raises(WeightsError):
        made(encoder_name=str(tmp_path / "none.safetensors"))
    with monkeypatch.context() as patch:
        patch.setattr(canvas, "write_image", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(ResourceError):
            made()
    with monkeypatch.context() as patch:
        real = canvas.write_image
        patch.setattr(
            canvas,
            "write_image",
            lambda *given: (real(*given), out.read_bytes() == b"old" or 1 / 0),
        )
        made()
    assert canvas.inspect(out).size.width == 96
    assert [path.name for path in tmp_path.glob("*.png")] == ["out.png"]
