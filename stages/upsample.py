"""upsample: the canvas of the last level, and the photo, at the size of the next."""

from __future__ import annotations

from pathlib import Path

from stages import canvas
from stages.canvas import Strokes, palette
from stages.canvas.palette import Toning
from stages.tiles import Size


def enlarge(canvas_path: Path, dst: Path, size: Size, strokes: Strokes) -> None:
    """Write the last level's canvas at the level's size, its strokes drawn anew."""
    canvas.resize(canvas_path, dst, size, strokes=strokes)


def content(photo: Path, dst: Path, size: Size, toning: Toning = palette.NONE) -> None:
    """Write the prepared photo in its colours at the level's size: what content is held to."""
    canvas.resize(photo, dst, size, then=toning)
