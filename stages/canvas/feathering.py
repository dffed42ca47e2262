"""Tiles back into one canvas: weights that sum to one, blended by libvips in strips of rows.

Along each axis a tile's weight is one on its own, falls smoothly from one to zero around each cut
over the overlap on both sides, and the neighbour's is one minus it. A ramp is never wider than the
cores beside it allow, so at most two tiles meet per axis, four at a pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.canvas import _vips, files
from stages.canvas.files import Pixels
from stages.errors import TilebrushError
from stages.tiles import Grid, Rect, Size, Tile

_STRIP_BYTES = 8 << 20

TilePath = Callable[[Tile], Path]


@dataclass(frozen=True)
class _Segment:
    """A stretch of one axis on which tile `first` is alone or, with `ramp`, fades into the next."""

    start: int
    stop: int
    first: int
    ramp: NDArray[np.float32] | None

    @property
    def length(self) -> int:
        """Pixels from start to stop."""
        return self.stop - self.start


def weights(grid: Grid, tile: Tile) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights of a tile over its `write` rectangle: (width,) across and (height,) down.

    Their outer products, summed over the tiles, are one at every pixel.
    """
    across = _profile(_segments(*_axis(grid, 0)), tile.col, tile.write.x, tile.write.right)
    down = _profile(_segments(*_axis(grid, 1)), tile.row, tile.write.y, tile.write.bottom)
    return across, down


def blend(grid: Grid, tile_path: TilePath, dst: Path) -> None:
    """Blend tile files, each its tile's `write` rectangle as a canvas file, into the canvas `dst`.

    Raises: `TilebrushError` if a tile is missing, damaged or of another size than its rectangle.
    """
    for tile in grid.tiles:
        expected, found = Size(tile.write.width, tile.write.height), files.size_of(tile_path(tile))
        if found != expected:
            raise TilebrushError(f"{tile_path(tile)}: {found} px; tile {tile.name} is {expected}")
    files.write_bands(dst, grid.size, _strips(grid, tile_path))


def _axis(grid: Grid, axis: int) -> tuple[list[int], int]:
    """Where an axis (0: x, 1: y) is cut, its two ends included, and the overlap."""
    if axis == 0:
        cores = [tile.core for tile in grid.tiles[: grid.columns]]
        return [0, *(core.right for core in cores)], grid.overlap
    cores = [tile.core for tile in grid.tiles[:: grid.columns]]
    return [0, *(core.bottom for core in cores)], grid.overlap


def _segments(cuts: list[int], overlap: int) -> list[_Segment]:
    """Stretches of one tile and ramps between two, in order, covering the axis."""
    lengths = np.diff(cuts).tolist()
    last = len(lengths) - 1
    # An inner core has a ramp at both ends and gives half of itself to each.
    share = [n if i in (0, last) else n // 2 for i, n in enumerate(lengths)]
    segments, position = [], 0
    for index, cut in enumerate(cuts[1:-1]):
        half = min(overlap, share[index], share[index + 1])
        if cut - half > position:
            segments.append(_Segment(position, cut - half, index, None))
        if half:
            segments.append(_Segment(cut - half, cut + half, index, _ramp(2 * half)))
        position = cut + half
    if cuts[-1] > position:
        segments.append(_Segment(position, cuts[-1], last, None))
    return segments


def _ramp(length: int) -> NDArray[np.float32]:
    """From almost one to almost zero, with level ends (smoothstep)."""
    t = (np.arange(length) + 0.5) / length
    return (1.0 - t * t * (3.0 - 2.0 * t)).astype(np.float32)


def _profile(segments: list[_Segment], index: int, start: int, stop: int) -> NDArray[np.float32]:
    """Weight of tile `index` of an axis, from start to stop."""
    profile = np.zeros(stop - start, np.float32)
    for segment in segments:
        place = slice(segment.start - start, segment.stop - start)
        if segment.first == index:
            profile[place] = 1.0 if segment.ramp is None else segment.ramp
        elif segment.first == index - 1 and segment.ramp is not None:
            profile[place] = np.float32(1.0) - segment.ramp
    return profile


def _strips(grid: Grid, tile_path: TilePath) -> Iterator[Pixels]:
    """Strips of canvas rows, top to bottom; of the tiles no more than their rows are in memory."""
    across = _segments(*_axis(grid, 0))
    height = max(1, _STRIP_BYTES // (grid.size.width * files.BYTES_PER_PIXEL))
    for stretch in _segments(*_axis(grid, 1)):
        for down in _cut(stretch, height):
            rows = [_opened(grid, row, down, tile_path) for row in _rows(down)]
            image = _joined(rows[0], across, down)
            if down.ramp is not None:
                image = _faded(image, _joined(rows[1], across, down), down.ramp[:, None])
            yield _pixels(image)


def _cut(stretch: _Segment, length: int) -> Iterator[_Segment]:
    """A stretch in parts of at most a length."""
    for start in range(stretch.start, stretch.stop, length):
        stop = min(start + length, stretch.stop)
        ramp = stretch.ramp
        if ramp is not None:
            ramp = ramp[start - stretch.start : stop - stretch.start]
        yield _Segment(start, stop, stretch.first, ramp)


def _rows(down: _Segment) -> list[int]:
    """Rows of tiles that a stretch of the vertical axis needs."""
    return [down.first] if down.ramp is None else [down.first, down.first + 1]


def _opened(grid: Grid, row: int, down: _Segment, tile_path: TilePath) -> list[tuple[Rect, Any]]:
    """What the tiles of one row hold of a stretch of canvas rows, and where.

    Copied from their files: those that libvips maps stay in memory whole, and the wider the canvas,
    the more of them are open.
    """
    found = []
    for tile in grid.tiles[row * grid.columns : (row + 1) * grid.columns]:
        place = Rect(tile.write.x, down.start, tile.write.width, down.length)
        part = files.read(tile_path(tile), place.within(tile.write))
        found.append((place, files.in_memory(part)))
    return found


def _joined(row: list[tuple[Rect, Any]], across: list[_Segment], down: _Segment) -> Any:
    """What a row of tiles holds of a stretch of canvas rows, blended at the vertical cuts."""
    parts = []
    for segment in across:
        place = Rect(segment.start, down.start, segment.length, down.length)
        part = _part(*row[segment.first], place)
        if segment.ramp is not None:
            part = _faded(part, _part(*row[segment.first + 1], place), segment.ramp[None, :])
        parts.append(part)
    return _side_by_side(parts)


def _side_by_side(parts: list[Any]) -> Any:
    """Images joined from left to right, in a balanced tree: libvips copies once per level."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return _side_by_side(parts[:half]).join(_side_by_side(parts[half:]), "horizontal")


def _part(write: Rect, image: Any, place: Rect) -> Any:
    """What a tile holds of a rectangle of the canvas."""
    inner = place.within(write)
    return image.crop(inner.x, inner.y, inner.width, inner.height)


def _faded(first: Any, second: Any, ramp: NDArray[np.float32]) -> Any:
    """first * ramp + second * (1 - ramp), the ramp (height, 1) or (1, width)."""
    full = np.ascontiguousarray(np.broadcast_to(ramp, (first.height, first.width)))
    weight = _vips.Image.new_from_memory(full.data, first.width, first.height, 1, "float")
    return first * weight + second * (1.0 - weight)


def _pixels(image: Any) -> Pixels:
    """A strip as an array (rows, width, 3)."""
    memory = image.write_to_memory()
    return np.frombuffer(memory, np.float32).reshape(image.height, image.width, 3)
