from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pictures import random_canvas

from stages import colour
from stages.canvas import files, resample
from stages.canvas.palette.recolouring import LUMA, How
from stages.tiles import Size

SIZE = Size(40, 30)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A canvas of 90x70 px, and a photo half as large."""
    random_canvas(tmp_path / "canvas.npy", 90, 70)
    photo = np.random.default_rng(5).random((35, 45, 3), np.float32) * (0.9, 0.5, 0.3)
    files.write(tmp_path / "photo.npy", photo)
    return tmp_path / "canvas.npy", tmp_path / "photo.npy"


def coloured(pair: tuple[Path, Path], how: How, mask: Path | None = None) -> Any:
    out = pair[0].with_name("out.npy")
    colour.run(*pair, out, SIZE, how, mask)
    return files.read(out)


@pytest.mark.parametrize("how", get_args(How))
def test_bands_are_as_the_whole(pair: tuple[Path, Path], how: How, monkeypatch: Any) -> None:
    whole = coloured(pair, how)
    monkeypatch.setattr(colour, "_BAND", 90 * 7)
    assert np.array_equal(coloured(pair, how), whole)


def test_luma_has_the_photos_chroma_at_the_prints_size(pair: tuple[Path, Path]) -> None:
    found, photo = coloured(pair, "luma"), resample.shrunk(pair[1], Size(90, 70))
    chroma = [each - (each @ LUMA)[..., None] for each in (found, photo)]
    np.testing.assert_allclose(*chroma, atol=1e-5)


@pytest.mark.parametrize("how", get_args(How))
def test_a_mask_says_where(pair: tuple[Path, Path], tmp_path: Path, how: How) -> None:
    mask = np.zeros((70, 90, 1), np.float32)
    mask[:, :30], mask[:, 30:40] = 1, 0.5
    files.write_bands(tmp_path / "mask.npy", Size(90, 70), [mask], 1)
    found, plain = coloured(pair, how, tmp_path / "mask.npy"), files.read(pair[0])
    everywhere = coloured(pair, how)
    assert np.array_equal(found[:, 40:], plain[:, 40:])
    if how in ("luma", "oklab"):
        np.testing.assert_allclose(found[:, :30], everywhere[:, :30], atol=1e-6)
        half = (plain[:, 30:40] + everywhere[:, 30:40]) / 2
        np.testing.assert_allclose(found[:, 30:40], half, atol=1e-6)


@pytest.mark.parametrize("how", get_args(How))
def test_a_painting_gets_the_photos_colours_and_keeps_its_opacity(
    pair: tuple[Path, Path], tmp_path: Path, how: How
) -> None:
    painting = np.random.default_rng(1).random((50, 60, 4), np.float32)
    files.write_bands(tmp_path / "style.npy", Size(60, 50), [painting], 4)
    colour.recoloured(tmp_path / "style.npy", pair[1], tmp_path / "out.npy", SIZE, how, None)
    opacity = files.opacity(tmp_path / "out.npy")
    assert opacity is not None and np.array_equal(opacity, painting[..., 3])
    means = [files.read(each).mean((0, 1)) for each in (tmp_path / "out.npy", pair[1])]
    before = painting[..., :3].mean((0, 1))
    assert np.abs(means[0] - means[1]).max() < 0.25 * np.abs(before - means[1]).max()
