"""Stage `paint`: a canvas painted with the paintings' own paint, before it is restyled.

An optimizer of averaged statistics leaves glass at 100 %; here every block of the canvas gets the
paint of one place of a painting (stages.canvas.places).
"""

from __future__ import annotations

from pathlib import Path

from stages.brushwork import Paint, manner
from stages.canvas import files
from stages.canvas.files import Rows
from stages.canvas.places import paint, survey
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.paint import Ready
from stages.canvas.places.survey import Survey
from stages.tiles import Rect


def surveyed(canvas: Path, found: Dictionary, how: Paint) -> Survey:
    """What painting a canvas takes of the whole of it."""
    return survey.surveyed(_rows(canvas), files.size_of(canvas), found, manner(found, how))


def run(canvas: Path, dst: Path, found: Dictionary, seen: Survey, how: Paint) -> None:
    """Write a canvas, painted, in bands: memory stays small at any size."""
    size = files.size_of(canvas)
    ready = Ready(found, seen, manner(found, how))
    files.write_bands(dst, size, paint.painted(_rows(canvas), size, ready))


def _rows(canvas: Path) -> Rows:
    width = files.size_of(canvas).width
    return lambda top, bottom: files.read(canvas, Rect(0, top, width, bottom - top))
