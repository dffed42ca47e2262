"""The picture of a crop: what is printed shows, the rest is dimmed, border and bleed are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from stages import canvas
from stages.errors import UsageError
from stages.sheet import CENTRE, Margins, Sheet
from stages.tiles import Size

ROOM = 16


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    canvas.preview(np.full((200, 400, 3), 0.75, np.float32), tmp_path / "photo.png")
    return tmp_path / "photo.png"


def drawn(photo: Path, sheet: Sheet, at: tuple[float, float] = CENTRE) -> NDArray[np.uint8]:
    canvas.picture_crop(photo, photo.with_name("crop.png"), sheet, at)
    return pyvips.Image.new_from_file(str(photo.with_name("crop.png"))).numpy()


def test_what_is_cropped_is_dimmed(photo: Path) -> None:
    pixels = drawn(photo, Sheet(Size(1000, 1000)), (0.0, 0.5))
    assert pixels.shape == (200 + 2 * ROOM, 400 + 2 * ROOM, 3)
    row = pixels[ROOM + 100, ROOM:-ROOM, 0]
    assert (row[10:190] == 191).all() and (row[205:395] < 100).all()


def test_border_and_bleed_are_drawn(photo: Path) -> None:
    sheet = Sheet(Size(2000, 1000), Margins(250, 250, 250, 250), bleed=100, colour=(255, 0, 0))
    pixels = drawn(photo, sheet)
    assert pixels.shape == (200 + 100 + 2 * ROOM, 400 + 100 + 2 * ROOM, 3)  # a fifth of the sheet
    red = (pixels == (255, 0, 0)).all(-1)
    assert red[ROOM + 30, ROOM + 250] and not red[ROOM + 150, ROOM + 250]
    line = pixels[ROOM + 20, ROOM + 40 : -ROOM - 40, 1]  # the bleed's
    assert {0, 255} <= set(line.tolist())


def test_another_kind_of_file_is_refused(photo: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.jpg"):
        canvas.picture_crop(photo, photo.with_name("crop.tif"), Sheet(Size(300, 200)), CENTRE)
