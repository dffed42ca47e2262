"""upsample: the canvas of the last level, and the photo, at the size of the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stages import canvas
from stages.canvas import Strokes, files, palette, resample
from stages.canvas.palette import Toning
from stages.canvas.zones import division
from stages.canvas.zones.division import Zone
from stages.tiles import Rect, Size

_BAND_PIXELS = 1 << 20


def enlarge(canvas_path: Path, dst: Path, size: Size, strokes: Strokes) -> None:
    """Write the last level's canvas at the level's size, its strokes drawn anew."""
    canvas.resize(canvas_path, dst, size, strokes=strokes)


def content(
    photo: Path, dst: Path, size: Size, toning: Toning = palette.NONE, zones: Path | None = None
) -> None:
    """Write the prepared photo in its colours at the level's size: what content is held to.

    With the file of the `zones`' shares at that size, each in its own.
    """
    if zones is None:
        canvas.resize(photo, dst, size, then=toning)
        return
    rows, step = resample.rows_at(photo, size), max(1, _BAND_PIXELS // size.width)
    bands = (
        toning(rows(band.y, band.bottom), files.channels(zones, band))
        for top in range(0, size.height, step)
        for band in [Rect(0, top, size.width, min(step, size.height - top))]
    )
    files.write_bands(dst, size, bands)


def shares(zones: Sequence[Zone], dst: Path, size: Size) -> None:
    """Write what share every zone has of a level's pixels."""
    division.write(zones, dst, size)
