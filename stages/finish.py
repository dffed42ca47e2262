"""finish: print files from the last canvas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from stages import canvas
from stages.canvas import Metadata, PrintFormat, jpeg_possible

__all__ = ["Kind", "Metadata", "PrintFormat", "jpeg_possible", "run", "soft_proof"]

Kind = Literal["tiff", "jpeg", "png", "archive"]
_WRITERS = {
    "tiff": canvas.write_tiff,
    "jpeg": canvas.write_jpeg,
    "png": canvas.write_png,
    "archive": canvas.write_archive,
}


def run(
    canvas_path: Path,
    out: Path,
    kind: Kind,
    fmt: PrintFormat,
    did: Callable[[float], None] | None = None,
) -> None:
    """Write one print file; the same canvas gives the same bytes.

    `did` is told how much of it is written, 0 to 1.
    """
    _WRITERS[kind](canvas_path, out, fmt, did)


def outside_share(canvas_path: Path, profile: str) -> float:
    """The share of the canvas, 0 to 1, whose colours a profile cannot hold."""
    return canvas.outside_share(canvas_path, profile)


def soft_proof(canvas_path: Path, out: Path, profile: str) -> None:
    """Write a picture of how the print will look on another paper or press."""
    canvas.write_soft_proof(canvas_path, out, profile)
