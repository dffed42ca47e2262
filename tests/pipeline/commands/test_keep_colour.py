"""The photo's colours kept, before or after, from the command line to the print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import write_picture
from run_files import Files

from pipeline.commands.display import display
from pipeline.commands.stage import Asked, rerun
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.run.directory import RunDir
from stages import canvas
from stages.canvas import resample
from stages.canvas.palette.recolouring import LUMA
from stages.errors import InputImageError, UsageError
from stages.tiles import Size


def chroma(pixels: Any) -> Any:
    return pixels - (pixels @ LUMA)[..., None]


@pytest.fixture(scope="module")
def after(printer: Any, tmp_path_factory: pytest.TempPathFactory) -> Files:
    run = tmp_path_factory.mktemp("after") / "run"
    printer(run, colour_keep="luma")
    return Files(run)


def test_luma_comes_last_and_keeps_the_photos_chroma(after: Files, finished: Path) -> None:
    found = canvas.read(after.of("coloured canvas"))
    photo = resample.shrunk(after.photo(), Size(240, 180))
    np.testing.assert_allclose(chroma(found), chroma(photo), atol=1e-5)
    plain = Files(finished)
    assert after.display_canvas().read_bytes() == plain.display_canvas().read_bytes()
    assert after.print_tiff().read_bytes() != plain.print_tiff().read_bytes()
    assert not verify(after.root).problems


def test_a_coloured_canvas_that_is_lost_is_made_again(after: Files, printer: Any) -> None:
    whole = after.of("coloured canvas").read_bytes()
    after.of("coloured canvas").write_bytes(whole[:-9])
    printer.resume(after.root)
    assert after.of("coloured canvas").read_bytes() == whole


@pytest.mark.parametrize("how", ["mkl", "histogram"])
def test_before_paints_with_a_recoloured_painting(
    printer: Any, tmp_path: Path, finished: Path, how: str
) -> None:
    printer(tmp_path / "run", colour_keep=how)
    run = Files(tmp_path / "run")
    recoloured, photo = canvas.read(run.of("recoloured style", style=1)), canvas.read(run.photo())
    # The painting's few colours are at one value each, the photo's are not.
    atol = 0.06 if how == "mkl" else 0.12
    np.testing.assert_allclose(recoloured.mean((0, 1)), photo.mean((0, 1)), atol=atol)
    assert not run.of("coloured canvas").exists()
    means = [
        canvas.read(canvas_).mean((0, 1))
        for canvas_ in (run.display_canvas(), Files(finished).display_canvas(), run.photo())
    ]
    assert np.abs(means[0] - means[2]).max() < np.abs(means[1] - means[2]).max()


def test_display_keeps_colours_too(printer: Any, tmp_path: Path) -> None:
    for keep in ("none", "luma", "mkl"):
        settings = printer.resolved(colour_keep=keep)
        out = tmp_path / f"{keep}.png"
        display(printer.photo, [printer.style], out, settings, Console(quiet=True))
    found = {path.read_bytes() for path in tmp_path.glob("*.png")}
    assert len(found) == 3


def test_the_stage_can_be_tried_on_a_run_without_it(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this run has no colour"):
        rerun(finished, Asked("colour"), {}, tmp_path / "a", Console(quiet=True))
    changed = {"colour.keep": "oklab"}
    rerun(finished, Asked("colour"), changed, tmp_path / "b", Console(quiet=True))
    assert (tmp_path / "b" / "after.png").is_file()
    with pytest.raises(UsageError, match="belongs to colour"):
        rerun(finished, Asked("finish"), changed, tmp_path / "c", Console(quiet=True))
    with pytest.raises(UsageError, match="new run"):
        rerun(finished, Asked("display"), {"colour.keep": "mkl"}, tmp_path / "d", Console())


def test_a_mask_is_an_input_of_the_run(
    printer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = np.zeros((60, 80, 3), np.float32)
    shape[:, 40:] = 1
    mask = write_picture(tmp_path / "mask.png", shape)
    printer(tmp_path / "run", colour_keep="luma", colour_mask=str(mask))
    run = Files(tmp_path / "run")
    found = canvas.read(run.of("coloured canvas"))
    before = canvas.read(run.restyled(2))
    assert np.array_equal(found[:, :100], before[:, :100])
    assert not np.array_equal(found[:, 140:], before[:, 140:])
    assert [item.role for item in RunDir.open(run.root).manifest().inputs][-1] == "colour mask"
    rerun(run.root, Asked("prepare"), {}, tmp_path / "prepare", Console(quiet=True))
    assert (tmp_path / "prepare" / "colour-mask.png").is_file()
    printer(tmp_path / "run", colour_keep="luma", colour_mask=str(mask))  # the same run
    write_picture(mask, 1 - shape)
    with pytest.raises(Exception, match="other inputs"):
        printer(tmp_path / "run", colour_keep="luma", colour_mask=str(mask))


def test_a_mask_of_another_shape_is_refused(printer: Any, tmp_path: Path) -> None:
    mask = write_picture(tmp_path / "mask.png", np.zeros((80, 80, 3), np.float32))
    with pytest.raises(InputImageError, match=r"80x80 px.*another shape.*80x60"):
        printer(tmp_path / "run", colour_keep="luma", colour_mask=str(mask))
    with pytest.raises(InputImageError, match="gone"):
        printer(tmp_path / "run", colour_keep="luma", colour_mask=str(tmp_path / "gone.png"))
    assert not (tmp_path / "run").exists()
