"""finish: print files from the last canvas."""

from __future__ import annotations

from pathlib import Path

from stages import canvas
from stages.canvas import PrintFormat, jpeg_possible

__all__ = ["PrintFormat", "jpeg_possible", "run"]


def run(canvas_path: Path, tiff: Path | None, jpeg: Path | None, fmt: PrintFormat) -> None:
    """Write the print as TIFF, JPEG or both; the same canvas gives the same bytes."""
    if tiff is not None:
        canvas.write_tiff(canvas_path, tiff, fmt)
    if jpeg is not None:
        canvas.write_jpeg(canvas_path, jpeg, fmt)
