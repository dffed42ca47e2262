"""A contact sheet: pictures in rows and columns with a line of text under each."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.canvas.export import preview
from stages.canvas.files import Pixels, read
from stages.canvas.inputs.decode import prepare_style
from stages.canvas.resample import resized
from stages.tiles import Size

CELL = Size(400, 300)  # px; pictures fit in it
_MARGIN, _CAPTION, _HEAD = 8, 40, 50  # px
_DPI, _POINTS = 100, 9.0
_MOST_SIDE = 16_000  # px of the sheet: larger ones get smaller cells
_LETTERS = 56  # of a caption


@dataclass(frozen=True)
class Shown:
    """One picture of a sheet, as a file of any kind, and what is said of it in up to two lines."""

    path: Path
    caption: str


def write(rows: Sequence[Sequence[Shown]], title: str, out: Path, scratch: Path) -> None:
    """Write rows of pictures as a PNG or JPEG by suffix; `scratch` is a folder for canvases.

    Text is drawn by matplotlib, which brings its own font: libvips has none on some systems.
    """
    columns = max(len(row) for row in rows)
    cell = _fitting(columns, len(rows))
    width = columns * (cell.width + _MARGIN) + _MARGIN
    height = _HEAD + len(rows) * (cell.height + _CAPTION + _MARGIN)
    sheet = np.ones((height, width, 3), np.float32)
    texts = [(_MARGIN, 14, title, 2 * _POINTS)]
    for r, row in enumerate(rows):
        for c, shown in enumerate(row):
            left = _MARGIN + c * (cell.width + _MARGIN)
            top = _HEAD + r * (cell.height + _CAPTION + _MARGIN)
            small = _small(shown.path, cell, scratch)
            y, x = top + cell.height - small.shape[0], left + (cell.width - small.shape[1]) // 2
            sheet[y : y + small.shape[0], x : x + small.shape[1]] = small
            texts.append((left, top + cell.height + 4, shown.caption, _POINTS))
    preview(_lettered(sheet, texts), out, max_side=_MOST_SIDE)


def _fitting(columns: int, rows: int) -> Size:
    most = min(
        1.0,
        _MOST_SIDE / (columns * (CELL.width + _MARGIN) + _MARGIN),
        _MOST_SIDE / (_HEAD + rows * (CELL.height + _CAPTION + _MARGIN)),
    )
    return Size(max(16, int(CELL.width * most)), max(12, int(CELL.height * most)))


def _small(path: Path, cell: Size, scratch: Path) -> Pixels:
    """A picture's pixels, shrunk to fit a cell; a small one stays as it is."""
    prepare_style(path, scratch / "cell.npy", 4 * cell.pixels)
    pixels = read(scratch / "cell.npy")
    height, width = pixels.shape[:2]
    factor = min(1.0, cell.width / width, cell.height / height)
    return resized(pixels, Size(max(1, round(width * factor)), max(1, round(height * factor))))


def _lettered(sheet: Pixels, texts: Sequence[tuple[int, int, str, float]]) -> Pixels:
    """The sheet with texts at px from the left and the top, of a size in points."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height, width = sheet.shape[:2]
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    drawn = FigureCanvasAgg(figure)
    figure.patch.set_alpha(0.0)
    for x, y, text, points in texts:
        short = "\n".join(_cut(line) for line in text.split("\n")[:2])
        # No letter of a name is to be read as a formula.
        figure.text(
            x / width, 1 - y / height, short, size=points, va="top", ha="left", parse_math=False
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font has not
        drawn.draw()  # type: ignore[no-untyped-call]
    rgba = drawn.buffer_rgba()  # type: ignore[no-untyped-call]
    letters = np.asarray(rgba, np.float32) / 255
    opacity = letters[..., 3:]
    return np.asarray(sheet * (1 - opacity) + letters[..., :3] * opacity, np.float32)


def _cut(line: str) -> str:
    return line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…"
