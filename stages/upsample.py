"""upsample: the canvas of the last level, and the photo, at the size of the next."""

from __future__ import annotations

from pathlib import Path

from stages import canvas
from stages.canvas import Strokes
from stages.tiles import Size


def enlarge(canvas_path: Path, dst: Path, size: Size, strokes: Strokes) -> None:
    """Write the last level's canvas at the level's size, its strokes drawn anew."""
    canvas.resize(canvas_path, dst, size, strokes=strokes)


def content(photo: Path, dst: Path, size: Size) -> None:
    """Write the prepared photo at the level's size: what the level's content is held to."""
    canvas.resize(photo, dst, size)


def run(
    canvas_path: Path, photo: Path, out_canvas: Path, out_photo: Path, size: Size, strokes: Strokes
) -> None:
    """Both; each written in bands, so memory stays small at any size."""
    enlarge(canvas_path, out_canvas, size, strokes)
    content(photo, out_photo, size)
