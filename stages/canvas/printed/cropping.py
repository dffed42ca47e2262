"""A picture of what a print will have of the photo: the rest dimmed, border and bleed drawn."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from stages.canvas import files
from stages.canvas.export import preview
from stages.canvas.files import Pixels
from stages.canvas.inputs.decode import prepare_photo
from stages.canvas.inputs.header import inspect
from stages.sheet import Sheet, focused_crop
from stages.tiles import Rect, Size, fitted

_SIDE = 1600  # px, of the photo in the picture
_GROUND = 0.5  # grey around photo and sheet
_DIMMED, _DARK = 0.3, 0.12  # share of what is cropped that stays, and the grey that covers it
_THROUGH = 0.25  # how much of the photo is seen through a border
_LINE, _DASH = 2, 12  # px
_ROOM = 16  # px around it all


def picture_crop(photo: Path, dst: Path, sheet: Sheet, at: tuple[float, float]) -> None:
    """Write a PNG or JPEG (by suffix) of a photo with the sheet that is printed of it.

    What is cropped is dimmed; a border has its colour; a dashed line is where the bleed is cut off.
    Raises: `InputImageError` if the photo cannot be decoded, `UsageError` for another suffix.
    """
    own = inspect(photo).size
    box = Size(min(_SIDE, max(own.width, own.height)), min(_SIDE, max(own.width, own.height)))
    size = fitted(own, box, "contain")
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "photo.npy"
        prepare_photo(photo, small, size)
        pixels = files.read(small)
    preview(_drawn(pixels, sheet, focused_crop(own, sheet.picture, at), own), dst, 10 * _SIDE)


def _drawn(photo: Pixels, sheet: Sheet, crop: Rect, own: Size) -> Pixels:
    """The picture `(H, W, 3)` of a small photo, of whose `own` size `crop` is printed."""
    shrink = photo.shape[1] / own.width
    inside = _scaled(crop, shrink)
    per_px = inside.width / sheet.picture.width  # of the sheet, in the picture
    border = sheet.border
    left, top = round(border.left * per_px), round(border.top * per_px)
    whole = Rect(
        inside.x - left,
        inside.y - top,
        inside.width + left + round(border.right * per_px),
        inside.height + top + round(border.bottom * per_px),
    )
    x, y = min(0, whole.x) - _ROOM, min(0, whole.y) - _ROOM
    right = max(photo.shape[1], whole.right) + _ROOM
    bottom = max(photo.shape[0], whole.bottom) + _ROOM
    found = np.full((bottom - y, right - x, 3), _GROUND, np.float32)

    def part(rect: Rect) -> Pixels:
        return found[rect.y - y : rect.bottom - y, rect.x - x : rect.right - x]

    all_of_it = Rect(0, 0, photo.shape[1], photo.shape[0])
    part(all_of_it)[:] = photo * _DIMMED + _DARK
    colour = np.asarray(sheet.colour, np.float32) / 255.0
    part(whole)[:] = colour
    under = whole.overlap(all_of_it)
    if under:  # what the border covers is cropped, too
        covered = photo[under.y : under.bottom, under.x : under.right]
        part(under)[:] = colour * (1 - _THROUGH) + covered * _THROUGH
    part(inside)[:] = photo[inside.y : inside.bottom, inside.x : inside.right]
    _frame(part(whole), dashed=False)
    cut = round(sheet.bleed * per_px)
    if cut:
        trimmed = Rect(whole.x + cut, whole.y + cut, whole.width - 2 * cut, whole.height - 2 * cut)
        _frame(part(trimmed), dashed=True)
    return found


def _scaled(rect: Rect, by: float) -> Rect:
    x, y = round(rect.x * by), round(rect.y * by)
    return Rect(x, y, round(rect.right * by) - x, round(rect.bottom * by) - y)


def _frame(pixels: Pixels, *, dashed: bool) -> None:
    """Draw a line just inside the edges: white and black, so that it is seen on anything."""
    height, width, _ = pixels.shape
    y, x = np.mgrid[0:height, 0:width]
    edge = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    if dashed:
        pixels[edge < _LINE] = 1.0
        pixels[(edge < _LINE) & ((x + y) // _DASH % 2 == 0)] = 0.0
    else:
        pixels[edge < 2 * _LINE] = 1.0
        pixels[edge < _LINE] = 0.0
