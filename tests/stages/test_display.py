"""Stage display: coarse to fine over the whole picture."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stages import canvas, display, measure
from stages.brushwork import Paint
from stages.canvas import Tooth
from stages.measure import StyleImages
from stages.nst.losses import style_loss
from stages.nst.optimize import Optimizer
from stages.nst.studio import Studio
from stages.nst.windows.task import Weights
from stages.tiles import Rect, Scale, Size, scales

Pixels = NDArray[np.float32]
PATH = (Scale(Size(80, 65), 6), Scale(Size(140, 105), 4))
WEIGHTS = Weights(content=0.02, smooth=0.01)


def manner(studio: Studio, tooth: Tooth = Tooth()) -> display.Manner:  # noqa: B008
    return display.Manner(weights=WEIGHTS, optimizer=Optimizer(), tooth=tooth, content_energy=1.0)


def test_scales_double_up_to_the_display() -> None:
    assert scales(Size(533, 400), 4, [150, 100, 60]) == (
        Scale(Size(133, 100), 150),
        Scale(Size(266, 200), 100),
        Scale(Size(533, 400), 60),
    )
    assert scales(Size(533, 400), 1, [150, 100]) == (Scale(Size(533, 400), 150),)
    assert scales(Size(533, 400), 2, [7]) == (Scale(Size(266, 200), 7), Scale(Size(533, 400), 7))


def test_scales_too_small_for_moments_are_left_out() -> None:
    assert scales(Size(160, 120), 8, [1, 2, 3, 4]) == (Scale(Size(160, 120), 4),)
    assert scales(Size(256, 256), 8, [1, 2, 3, 4]) == (
        Scale(Size(64, 64), 2),
        Scale(Size(128, 128), 3),
        Scale(Size(256, 256), 4),
    )
    assert scales(Size(40, 30), 4, [1, 2, 3]) == (Scale(Size(40, 30), 3),)


@pytest.fixture
def files(tmp_path: Path, photo_array: Pixels, style_array: Pixels) -> tuple[Path, StyleImages]:
    canvas.write(tmp_path / "photo.npy", photo_array)
    canvas.write(tmp_path / "style.npy", style_array)
    return tmp_path / "photo.npy", StyleImages((tmp_path / "style.npy",), (1.0,))


def test_every_scale_comes_nearer_to_the_painting(
    studio: Studio, files: tuple[Path, StyleImages], photo_array: Pixels
) -> None:
    photo, styles = files
    seen: list[tuple[Size, int, int]] = []
    made = display.from_files(
        studio, photo, styles, PATH, manner(studio),
        lambda scale, p: seen.append((scale.size, p.iteration, p.iterations)),
    )  # fmt: skip
    assert made.pixels.shape == (105, 140, 3) and made.pixels.dtype == np.float32
    assert made.pixels.min() >= 0 and made.pixels.max() <= 1
    assert [len(curve) for curve in made.losses] == [6, 4]
    assert all(min(curve) < curve[0] for curve in made.losses)
    assert seen == [(PATH[0].size, i, 6) for i in range(1, 7)] + [
        (PATH[1].size, i, 4) for i in range(1, 5)
    ]
    goal = measure.style_moments(studio, styles, PATH[-1].size)

    def far(pixels: Pixels) -> float:
        found = studio.measure(pixels, Rect(0, 0, 140, 105))
        return float(style_loss(found, goal, goal, studio.style_weights))

    start = canvas.resized(photo_array, PATH[-1].size)
    assert far(made.pixels) < 0.5 * far(start)
    energy = display.content_energy(studio, photo, PATH[-1].size)
    assert energy == pytest.approx(studio.energy(start), rel=1e-5)


def test_a_scale_begins_where_the_last_one_ended(
    studio: Studio, files: tuple[Path, StyleImages]
) -> None:
    photo, styles = files

    def losses(path: tuple[Scale, ...]) -> tuple[float, ...]:
        return display.from_files(studio, photo, styles, path, manner(studio)).losses[-1]

    assert losses(PATH)[0] < losses(PATH[1:])[0]


def test_the_same_inputs_give_the_same_bytes(
    studio: Studio, files: tuple[Path, StyleImages], tmp_path: Path
) -> None:
    photo, styles = files
    for name in ("a.npy", "b.npy"):
        made = display.from_files(studio, photo, styles, PATH, manner(studio))
        display.save(made, tmp_path / name)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert np.array_equal(canvas.read(tmp_path / "a.npy"), made.pixels)


def test_a_large_photo_is_not_held_whole(
    studio: Studio, files: tuple[Path, StyleImages], tmp_path: Path
) -> None:
    photo = tmp_path / "large.npy"
    canvas.resize(files[0], photo, Size(4800, 3600))
    tracemalloc.start()
    path = (Scale(Size(80, 60), 1),)
    made = display.from_files(studio, photo, files[1], path, manner(studio))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.3 * 4800 * 3600 * 12  # more than the whole photo, 207 MB, before
    assert made.pixels.shape == (60, 80, 3)
    content = canvas.resized(canvas.read(photo), Size(80, 60))
    assert display.content_energy(studio, photo, Size(80, 60)) == studio.energy(content)


def test_in_a_plain_sky_strokes_do_not_follow_the_rows(
    studio: Studio, files: tuple[Path, StyleImages], tmp_path: Path
) -> None:
    sky = np.linspace(0.3, 0.7, 96, dtype=np.float32)[:, None, None]
    canvas.write(tmp_path / "sky.npy", np.broadcast_to(sky, (96, 128, 3)).copy())

    def across_over_down(tooth: Tooth) -> float:
        path = (Scale(Size(128, 96), 12),)
        made = display.from_files(
            studio, tmp_path / "sky.npy", files[1], path, manner(studio, tooth)
        )
        inner = made.pixels[20:-20, 20:-20]
        return float(np.abs(np.diff(inner, axis=1)).mean() / np.abs(np.diff(inner, axis=0)).mean())

    assert across_over_down(Tooth()) < 0.5 < 0.7 < across_over_down(Tooth(0.02))


def test_paint_is_joined_in_its_lightness_alone(
    studio: Studio, files: tuple[Path, StyleImages]
) -> None:
    photo, styles = files

    def made(joining: int) -> display.Displayed:
        how = replace(manner(studio), paint=Paint(), joining=joining)
        return display.from_files(studio, photo, styles, PATH, how)

    laid, joined = made(0), made(4)
    assert len(joined.losses) == len(PATH) + 1 and len(laid.losses) == len(PATH)
    assert joined.losses[-1][-1] < joined.losses[-1][0]
    moved = joined.pixels - laid.pixels
    inside = ((joined.pixels > 0) & (joined.pixels < 1)).all(axis=-1)
    assert inside.mean() > 0.5 and np.abs(moved[inside]).max() > 0.01
    np.testing.assert_allclose(moved[inside].std(axis=-1), 0, atol=1e-6)
