"""Masks and maps, from the command line to the print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import style_pixels, write_picture
from run_files import Files

from pipeline.commands.display import display
from pipeline.commands.print import print_run
from pipeline.commands.stage import Asked, rerun
from pipeline.commands.verify import verify
from pipeline.console.console import Console
from pipeline.run.directory import RunDir
from stages import canvas
from stages.canvas import files
from stages.errors import InputImageError, UsageError
from stages.tiles import Size

HALF = np.zeros((60, 80, 3), np.float32)
HALF[:, 40:] = 1


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second painting, masks of the right and the left half, and a pair of maps."""
    folder = tmp_path_factory.mktemp("pictures")
    write_picture(folder / "other.png", style_pixels(220, 180, seed=4) * (0.3, 0.9, 0.3))
    write_picture(folder / "right.png", HALF)
    write_picture(folder / "left.png", 1 - HALF)
    doodle = np.where(HALF > 0, np.float32([1, 0, 0]), np.float32([0, 0, 1]))
    write_picture(folder / "map.png", doodle)
    painting = np.zeros((75, 100, 3), np.float32)
    painting[:40], painting[40:] = (1, 0, 0), (0, 0, 1)
    write_picture(folder / "style-map.png", painting)
    return folder


def printed(printer: Any, run: Path, styles: list[Path], **changed: object) -> Files:
    print_run(printer.photo, styles, run, printer.resolved(**changed), Console(quiet=True))
    return Files(run)


def last(run: Files) -> Any:
    name = run.restyled(2)
    return canvas.read(name if name.exists() else run.of("painted canvas", level=2))


@pytest.fixture(scope="module")
def divided(printer: Any, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The first painting on the left, which is what the other's mask leaves."""
    run = tmp_path_factory.mktemp("divided") / "run"
    masks = [f"{pictures / 'right.png'}=other.png"]
    return printed(printer, run, [printer.style, pictures / "other.png"], style_masks=masks)


def test_each_half_has_its_paintings_colours(divided: Files) -> None:
    found = last(divided)
    left, right = (found[:, part].mean((0, 1)) for part in (slice(0, 100), slice(140, 240)))
    assert right[1] > 1.5 * right[0] and right[1] > 1.5 * right[2]  # the other is green
    assert left[1] < 1.3 * max(left[0], left[2])
    shares = files.channels(divided.of("zones", level=2))
    assert shares.shape == (180, 240, 2)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-6)
    assert not verify(divided.root).problems


@pytest.mark.parametrize("matching", ["moments", "places", "both"])
def test_where_no_mask_is_the_photo_stays_as_it_is(
    printer: Any, pictures: Path, tmp_path: Path, matching: str
) -> None:
    masks = [f"{pictures / 'right.png'}=1"]
    changed: dict[str, object] = {"display_tooth": 0, "style_smooth_weight": 0}
    run = printed(
        printer, tmp_path / "run", [printer.style], style_masks=masks, style_matching=matching,
        levels_crisp=0, levels_bristles=0, paint_lines=0, paint_strokes=0, **changed,
    )  # fmt: skip
    photo = canvas.read(run.level_photo(2))
    apart = np.abs(last(run) - photo).mean(axis=-1)
    assert apart[:, :90].mean() < 0.25 * apart[:, 150:].mean()


def test_masks_are_inputs_and_the_same_command_goes_on(
    divided: Files, printer: Any, pictures: Path, tmp_path: Path
) -> None:
    roles = [item.role for item in RunDir.open(divided.root).manifest().inputs]
    assert roles == ["photo", "style", "style", "mask 2"]
    styles, before = [printer.style, pictures / "other.png"], divided.print_tiff().read_bytes()
    by_number = [f"{pictures / 'right.png'}=2"]
    printed(printer, divided.root, styles, style_masks=by_number)
    assert divided.print_tiff().read_bytes() == before
    with pytest.raises(Exception, match="other inputs"):
        printed(printer, divided.root, styles, style_masks=[f"{pictures / 'left.png'}=2"])


def test_what_is_lost_of_a_divided_run_is_made_again(divided: Files, printer: Any) -> None:
    names = [divided.of("zones", level=2), divided.of("mask", style=2), divided.print_tiff()]
    whole = [path.read_bytes() for path in names]
    for path in names:
        path.write_bytes(b"lost")
    printer.resume(divided.root)
    assert [path.read_bytes() for path in names] == whole


def test_stages_of_a_divided_run_can_be_run_again(divided: Files, tmp_path: Path) -> None:
    for number, asked in enumerate(
        [Asked("prepare"), Asked("palette"), Asked("display"), Asked("upsample", 2),
         Asked("paint", 2), Asked("restyle", 1, (0, 0)), Asked("finish")]
    ):  # fmt: skip
        rerun(divided.root, asked, {}, tmp_path / str(number), Console(quiet=True))
    assert (tmp_path / "0" / "mask-2.png").is_file() and (tmp_path / "3" / "zones.png").is_file()
    assert (tmp_path / "4" / "places.png").is_file() and (tmp_path / "5" / "targets.png").is_file()
    again = (tmp_path / "4" / "after.npy").read_bytes()
    assert again == divided.of("painted canvas", level=2).read_bytes()


def test_two_masks_are_as_one_and_what_it_leaves(
    divided: Files, printer: Any, pictures: Path, tmp_path: Path
) -> None:
    masks = [f"{pictures / 'left.png'}=1", f"{pictures / 'right.png'}=2"]
    styles = [printer.style, pictures / "other.png"]
    both = printed(printer, tmp_path / "run", styles, style_masks=masks)
    # Their zones come in another order, and so do the lots that places are drawn by.
    means = [last(run).reshape(3, 60, 4, 60, 3).mean((1, 3)) for run in (both, divided)]
    assert np.abs(means[0] - means[1]).max() < 0.08


def test_a_mask_on_the_painting_says_what_is_looked_at(
    printer: Any, pictures: Path, tmp_path: Path
) -> None:
    pixels = style_pixels(200, 150)
    pixels[:, :100] = pixels[:, :100] * (0.2, 0.2, 1.0)  # blue on the left
    painting = write_picture(tmp_path / "two.png", pixels)
    on = np.zeros((150, 200, 3), np.float32)
    on[:, :100] = 1
    write_picture(tmp_path / "on.png", on)
    write_picture(tmp_path / "all.png", np.ones((60, 80, 3), np.float32))
    masks = [f"{tmp_path / 'all.png'}=1:{tmp_path / 'on.png'}"]
    blue = last(printed(printer, tmp_path / "a", [painting], style_masks=masks)).mean((0, 1))
    plain = last(printed(printer, tmp_path / "b", [painting])).mean((0, 1))
    assert blue[2] / blue[0] > 1.3 * plain[2] / plain[0]


def test_a_pair_of_maps_paints_like_with_like(printer: Any, pictures: Path, tmp_path: Path) -> None:
    pixels = style_pixels(200, 150)
    pixels[:80] = pixels[:80] * (1.0, 0.2, 0.2)  # red at the top, where the map is red
    painting = write_picture(tmp_path / "two.png", pixels)
    maps = [f"{pictures / 'map.png'}=two.png:{pictures / 'style-map.png'}"]
    run = printed(printer, tmp_path / "run", [painting], style_maps=maps)
    found = last(run)
    left, right = (found[:, part].mean((0, 1)) for part in (slice(0, 100), slice(140, 240)))
    assert right[0] > 1.7 * right[1] and left[0] < 1.3 * left[1]
    assert files.channels(run.of("mask", style=1)).shape[2] == 2


def test_display_is_divided_too(printer: Any, pictures: Path, tmp_path: Path) -> None:
    styles = [printer.style, pictures / "other.png"]
    settings = printer.resolved(style_masks=[f"{pictures / 'right.png'}=other.png"])
    display(printer.photo, styles, tmp_path / "a.png", settings, Console(quiet=True))
    canvas.prepare_photo(tmp_path / "a.png", tmp_path / "a.npy", Size(96, 72))
    found = canvas.read(tmp_path / "a.npy")
    right = found[:, 56:].mean((0, 1))
    assert right[1] > 1.4 * right[0] and right[1] > 1.4 * right[2]


def test_masks_that_do_not_fit_are_refused(printer: Any, pictures: Path, tmp_path: Path) -> None:
    def told(kind: type[Exception], match: str, **changed: object) -> None:
        with pytest.raises(kind, match=match):
            printed(printer, tmp_path / "run", [printer.style], **changed)
        assert not (tmp_path / "run").exists()

    right = str(pictures / "right.png")
    told(UsageError, r"no painting is called 'moon.jpg'; there are 1: style.png",
         style_masks=[f"{right}=moon.jpg"])  # fmt: skip
    told(UsageError, "two masks", style_masks=[f"{right}=1", f"{right}=style.png"])
    told(UsageError, "MASK=STYLE", style_masks=["sky.png"])
    told(UsageError, "STYLEMAP", style_maps=[f"{right}=1"])
    square = write_picture(tmp_path / "square.png", np.ones((50, 50, 3), np.float32))
    told(InputImageError, "another shape", style_masks=[f"{square}=1"])
    black = write_picture(tmp_path / "black.png", np.zeros((60, 80, 3), np.float32))
    told(InputImageError, "black everywhere", style_masks=[f"{black}=1"])
    green = write_picture(tmp_path / "green.png", np.full((75, 100, 3), (0, 1, 0), np.float32))
    told(InputImageError, r"#[0-9a-f]{6} is not in .*green.png",
         style_maps=[f"{pictures / 'map.png'}=1:{green}"])  # fmt: skip


def test_a_mask_of_another_size_is_resized_with_a_word(
    printer: Any, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = printer.resolved(style_masks=[f"{pictures / 'right.png'}=1"])
    display(printer.photo, [printer.style], tmp_path / "a.png", settings, Console())
    assert "80x60 px, resized to the 160x120 px" in capsys.readouterr().err
