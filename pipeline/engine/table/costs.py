"""What outputs cost: work in megapixel-iterations, bytes on the disk."""

from __future__ import annotations

from pipeline.engine.outputs import Brief, Place

# Work is counted in megapixel-iterations: one forward and backward pass over a million px.
MEASURE_WORK = 0.35  # a forward pass alone, in iterations
PAINT_WORK = 1.0  # matching and painting, in iterations
FILE_WORK = 0.5  # reading, resampling or writing a canvas, in iterations
PIXEL = 12  # bytes of a canvas per px: three float32
PAGE_PIXEL = 0.9  # bytes of the page's pictures per px: JPEG at all steps, full of detail


def print_file(brief: Brief, place: Place) -> float:
    """Reading or writing a canvas as large as the print."""
    return brief.plan.size.pixels * FILE_WORK / 1e6


def level_file(brief: Brief, place: Place) -> float:
    """Reading, resampling or writing a canvas of a level."""
    return brief.level(place).size.pixels * FILE_WORK / 1e6


def display_work(brief: Brief) -> float:
    """Megapixel-iterations of the display, its joining included."""
    path = brief.plan.display
    return sum(s.work for s in path) + path[-1].size.pixels * brief.joining / 1e6


def window_work(brief: Brief, place: Place) -> float:
    """All iterations over the window of a tile."""
    return brief.tile(place).window.pixels * brief.level(place).iterations / 1e6


def print_bytes(brief: Brief, place: Place) -> float:
    """A canvas as large as the print."""
    return brief.plan.size.pixels * PIXEL


def level_bytes(brief: Brief, place: Place) -> float:
    """A canvas of a level."""
    return brief.level(place).size.pixels * PIXEL


def dictionary_bytes(brief: Brief, place: Place) -> float:
    """A painting at most as large as the canvas, twice as float16, and its places."""
    most = min(brief.level(place).size.pixels, brief.settings.style.max_pixels)
    return max(1, len(brief.paintings)) * most * PIXEL + 20e6
