"""The recipe of CONTRIBUTING.md: a stage that inverts the print takes one row and one function."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pyvips

from pipeline.cli.app import main
from pipeline.commands.clean import clean
from pipeline.commands.plan import plan_for
from pipeline.commands.stage import Asked, rerun
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.engine import table
from pipeline.engine.outputs import Brief, Job, Made, Output, Ref, Scope
from pipeline.planning import levels
from stages.errors import TilebrushError, UsageError

QUIET = Console(quiet=True)
NAME = "inverted.png"


def inverted(job: Job) -> Made:
    """The print with its light and dark exchanged."""
    source, per_mm = job.path("TIFF"), job.setting("print.dpi") / 25.4

    def write(out: Path) -> None:
        image = pyvips.Image.new_from_file(str(source)).invert()
        image.copy(xres=per_mm, yres=per_mm).write_to_file(str(out))

    return Made(write)


ROW = Output(
    name="inverted",
    stage="invert",
    scope=Scope.RUN,
    pattern=NAME,
    version="1",
    make=inverted,
    inputs=lambda brief, _: [Ref("TIFF")],
    settings=("print.dpi",),
    work=lambda brief, _: brief.plan.size.pixels / 1e6,
    bytes=lambda brief, _: brief.plan.size.pixels * 3,
    product=True,
)


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with one row more."""
    monkeypatch.setattr(table, "TABLE", (*table.TABLE, ROW))


def negative(run: Path) -> bool:
    one, other = (pyvips.Image.new_from_file(str(run / name)) for name in ("print.tif", NAME))
    return bool((one + other == 255).min() == 255)


def test_print_makes_it(row: None, printer: Any, finished: Path, tmp_path: Path) -> None:
    printer(tmp_path / "new")
    assert negative(tmp_path / "new")
    for name in ("print.tif", "print.jpg", "restyle-2/canvas.npy"):  # no other key has changed
        assert (tmp_path / "new" / name).read_bytes() == (finished / name).read_bytes()


def test_status_counts_it_and_resume_makes_it_alone(
    row: None, printer: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = status(copied)
    settings = printer.resolved()
    share = 240 * 180 / 1e6 / sum(table.level_work(Brief(settings, levels.make(settings))))
    assert before.state == "stopped" and not before.finished
    assert before.done_share == pytest.approx(1 - share, abs=0.001) and share > 0.01
    made: list[str] = []
    monkeypatch.setattr(table, "TABLE", tuple(_told(output, made) for output in table.TABLE))
    printer.resume(copied)
    assert made == ["inverted"] and negative(copied)
    assert status(copied).state == "finished" and status(copied).done_share == 1


def _told(output: Output, made: list[str]) -> Output:
    """The row, whose function notes its name."""
    return replace(output, make=lambda job: (made.append(output.name), output.make(job))[1])


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"?")])
def test_verify_finds_damage_and_resume_mends_it(
    row: None, printer: Any, copied: Path, damage: Callable[[Path], object]
) -> None:
    assert [p.file for p in verify(copied).problems] == [f"finish/{NAME}.json"]
    printer.resume(copied)
    assert not verify(copied).problems
    whole = (copied / NAME).read_bytes()
    damage(copied / NAME)
    assert [p.file for p in verify(copied).problems] == [NAME] and verify(copied).mendable
    printer.resume(copied)
    assert not verify(copied).problems and (copied / NAME).read_bytes() == whole


def test_stage_makes_it_again(row: None, printer: Any, copied: Path, tmp_path: Path) -> None:
    printer.resume(copied)
    made = rerun(copied, Asked("invert"), {}, tmp_path / "again", QUIET)
    assert made.files == (NAME,)
    assert (tmp_path / "again" / NAME).read_bytes() == (copied / NAME).read_bytes()
    rerun(copied, Asked("invert"), {"print.dpi": "72"}, tmp_path / "other", QUIET)
    assert (tmp_path / "other" / NAME).read_bytes() != (copied / NAME).read_bytes()
    with pytest.raises(UsageError, match=r"print\.bits changes nothing of invert; it belongs to"):
        rerun(copied, Asked("invert"), {"print.bits": "16"}, tmp_path / "refused", QUIET)
    assert main(["stage", str(copied), "invert", "--into", str(tmp_path / "cli"), "-q"]) == 0
    assert main(["stage", str(copied), "invert@1", "--into", str(tmp_path / "cli"), "-q"]) == 2


def test_its_key_follows_what_it_is_made_of(row: None, printer: Any, copied: Path) -> None:
    printer.resume(copied)
    first = (copied / NAME).read_bytes()
    printer(copied, force=True, display_iterations="2")
    assert (copied / NAME).read_bytes() != first and negative(copied)


def test_plan_counts_it(printer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def planned() -> tuple[float, int]:
        settings = printer.resolved()
        work = sum(table.level_work(Brief(settings, levels.make(settings))))
        given = (printer.photo, [printer.style], settings, QUIET)
        return work, plan_for(*given, probe=False).disk_bytes

    (work, disk), px = planned(), 240 * 180
    monkeypatch.setattr(table, "TABLE", (*table.TABLE, ROW))
    more, larger = planned()
    assert more - work == pytest.approx(px / 1e6) and larger - disk == 3 * px


def test_clean_keeps_it_as_what_the_user_wanted(row: None, printer: Any, copied: Path) -> None:
    with pytest.raises(TilebrushError, match="not finished"):
        clean(copied)
    printer.resume(copied)
    clean(copied)
    assert negative(copied) and not verify(copied).problems
    (copied / NAME).unlink()
    assert status(copied).state == "damaged" and not verify(copied).mendable


def test_what_its_row_does_not_name_cannot_be_read(
    printer: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (replace(ROW, settings=()), replace(ROW, inputs=lambda brief, _: ())):
        with monkeypatch.context() as patch:
            patch.setattr(table, "TABLE", (*table.TABLE, wrong))
            with pytest.raises(KeyError, match="does not name"):
                printer.resume(copied)


def test_a_killed_run_goes_on_with_it(row: None, printer: Any, copied: Path) -> None:
    shutil.rmtree(copied / "restyle-2")
    (copied / "print.tif").unlink()
    printer.resume(copied)
    assert negative(copied)
