"""upsample: the canvas of the last level, and the photo, at the size of the next."""

from __future__ import annotations

from pathlib import Path

from stages import canvas
from stages.canvas import Tooth
from stages.tiles import Size

VERSION = "2"


def enlarge(canvas_path: Path, dst: Path, size: Size, tooth: Tooth) -> None:
    """Write the last level's canvas at the level's size, with tooth."""
    canvas.resize(canvas_path, dst, size, tooth=tooth)


def content(photo: Path, dst: Path, size: Size) -> None:
    """Write the prepared photo at the level's size: what the level's content is held to."""
    canvas.resize(photo, dst, size)


def run(
    canvas_path: Path, photo: Path, out_canvas: Path, out_photo: Path, size: Size, tooth: Tooth
) -> None:
    """Both; each written in bands, so memory stays small at any size."""
    enlarge(canvas_path, out_canvas, size, tooth)
    content(photo, out_photo, size)
