"""Stage palette: the photo in the paintings' colours, and strokes that keep to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stages import canvas, palette
from stages.measure import StyleImages
from stages.tiles import Size

SIZE = Size(80, 60)


@pytest.fixture
def photo(tmp_path: Path, photo_array: NDArray[np.float32]) -> Path:
    canvas.write(tmp_path / "photo.npy", photo_array)
    return tmp_path / "photo.npy"


def painted(path: Path, colour: tuple[float, float, float]) -> StyleImages:
    generator = np.random.default_rng(0)
    tones = generator.uniform(0.5, 1, (90, 120, 1)).astype(np.float32)
    canvas.write(path, np.float32(colour) * tones)
    return StyleImages((path,), (1.0,))


def test_without_strength_nothing_is_done(photo: Path, tmp_path: Path) -> None:
    assert (
        palette.fit(photo, painted(tmp_path / "s.npy", (1, 0, 0)), SIZE, 0) == canvas.palette.NONE
    )


def test_the_photo_takes_the_paintings_colours(photo: Path, tmp_path: Path) -> None:
    red = palette.fit(photo, painted(tmp_path / "s.npy", (1, 0.1, 0.1)), SIZE, 1.0)
    moved = red(canvas.read(photo))
    assert moved[..., 0].mean() > 4 * moved[..., 2].mean()
    assert np.abs(moved.reshape(-1, 3).mean(0) - np.float32([0.75, 0.075, 0.075])).max() < 0.05
    half = palette.fit(photo, painted(tmp_path / "s.npy", (1, 0.1, 0.1)), SIZE, 0.5)
    between = (moved + canvas.read(photo)) / 2
    assert np.abs(half(canvas.read(photo)) - between).max() < 0.01


def test_strokes_keep_to_greys_where_there_are_no_others(photo: Path, tmp_path: Path) -> None:
    grey = palette.fit(photo, painted(tmp_path / "s.npy", (1, 1, 1)), SIZE, 1.0)
    assert grey.hues is not None
    assert np.allclose(grey.hues, 1 / 3, atol=1e-3)
    generator = np.random.default_rng(0)
    canvas.write(tmp_path / "c.npy", generator.random((90, 120, 3), np.float32))
    colourful = StyleImages((tmp_path / "c.npy",), (1.0,))
    assert palette.fit(photo, colourful, SIZE, 1.0).hues is None


def test_several_paintings_count_by_their_weights(photo: Path, tmp_path: Path) -> None:
    red, blue = (painted(tmp_path / f"{n}.npy", c) for n, c in (("r", (1, 0, 0)), ("b", (0, 0, 1))))
    paths = (*red.paths, *blue.paths)

    def means(weights: tuple[float, float]) -> NDArray[np.float32]:
        toning = palette.fit(photo, StyleImages(paths, weights), SIZE, 1.0)
        return toning(canvas.read(photo)).reshape(-1, 3).mean(0)

    alone = palette.fit(photo, red, SIZE, 1.0)(canvas.read(photo)).reshape(-1, 3).mean(0)
    assert np.abs(means((1.0, 0.0)) - alone).max() < 1e-5
    mixed = means((0.5, 0.5))
    assert mixed[0] > 3 * mixed[1] and mixed[2] > 3 * mixed[1]
