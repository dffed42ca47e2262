"""Prints from beginning to end: finished, resumed, refused, begun anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from run_files import Files, contents, tiles_of

from pipeline.commands.clean import clean
from pipeline.commands.display import display
from pipeline.commands.print import print_run
from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.engine.worker import Worker
from pipeline.planning import levels as plan
from pipeline.run.directory import RunDir
from stages import canvas
from stages.errors import (
    ResourceError,
    RunDiffers,
    RunLocked,
    RunMissing,
    TilebrushError,
    UsageError,
)
from stages.tiles import Size

PRINTS = ("print.tif", "print.jpg")


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
    from pipeline.commands import beginning

    run, asked = tmp_path / "run", {"tiles_core": 128, "run_precision": "auto"}

    def short(settings, px):
        smaller = settings.tiles.model_copy(update={"core": 64})
        return settings.model_copy(update={"tiles": smaller})

    with monkeypatch.context() as patch:
        patch.setattr(beginning, "within_memory", short)
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
