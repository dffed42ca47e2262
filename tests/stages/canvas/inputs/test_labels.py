from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages import canvas
from stages.canvas import files
from stages.canvas.files import Pixels
from stages.errors import InputImageError
from stages.tiles import Size

RED, BLUE, GREEN = (230, 20, 20), (20, 20, 230), (30, 200, 40)


def drawn(path: Path, *parts: tuple[int, int, int], width: int = 90, noise: float = 0) -> Path:
    """Stripes of colours from left to right, their edges smoothed."""
    step = width // len(parts)
    pixels = np.concatenate(
        [np.full((60, step, 3), part, np.float32) / 255 for part in parts], axis=1
    )
    pixels[:, 1:-1] = (pixels[:, :-2] + 2 * pixels[:, 1:-1] + pixels[:, 2:]) / 4
    pixels += np.random.default_rng(0).normal(0, noise, pixels.shape)
    canvas.preview(np.clip(pixels, 0, 1).astype(np.float32), path)
    return path


def made(photo: Path, painting: Path, size: Size) -> tuple[Pixels, Pixels]:
    folder = photo.parent
    canvas.prepare_map(photo, painting, folder / "a.npy", size)
    canvas.prepare_style_map(painting, photo, folder / "b.npy", 10**6)
    return files.channels(folder / "a.npy"), files.channels(folder / "b.npy")


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_every_colour_is_a_mask_in_the_same_channel_of_both(tmp_path: Path, suffix: str) -> None:
    photo = drawn(tmp_path / f"p.{suffix}", RED, BLUE, BLUE, noise=0.01)
    painting = drawn(tmp_path / f"s.{suffix}", BLUE, GREEN, RED, width=120)
    found, theirs = made(photo, painting, Size(90, 60))
    assert found.shape == (60, 90, 2) and theirs.shape == (60, 120, 2)
    blue, red = (0, 1) if found[..., 0].mean() > 0.5 else (1, 0)
    assert found[:, 35:, blue].min() == 1 and found[:, :25, red].min() == 1
    assert theirs[:, :35, blue].min() == 1 and theirs[:, 85:, red].min() == 1
    assert theirs[:, 45:75].max() == 0  # green is in the painting's alone


def test_between_two_colours_there_is_no_third(tmp_path: Path) -> None:
    purple = (125, 20, 125)
    photo = drawn(tmp_path / "p.png", RED, BLUE, purple, width=900)
    painting = drawn(tmp_path / "s.png", RED, BLUE, purple)
    found, _ = made(photo, painting, Size(60, 4))
    here = found[:, 45:].mean((0, 1)).argmax()
    assert found[:, :30, here].max() < 0.25  # of 15 px that are one, two lie on the edge


def test_what_only_the_photos_map_has_is_refused(tmp_path: Path) -> None:
    photo = drawn(tmp_path / "p.png", RED, GREEN)
    painting = drawn(tmp_path / "s.png", RED, BLUE)
    with pytest.raises(InputImageError, match=r"p\.png: its colour #1ec828 is not in .*s\.png"):
        made(photo, painting, Size(90, 60))


def test_a_photograph_is_no_map(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).random((60, 90, 3), np.float32)
    canvas.preview(pixels, tmp_path / "p.png")
    painting = drawn(tmp_path / "s.png", RED, BLUE)
    with pytest.raises(InputImageError, match="no part of it is in one flat colour"):
        made(tmp_path / "p.png", painting, Size(90, 60))
