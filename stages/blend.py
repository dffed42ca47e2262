"""Stage `blend`: the tiles of a sweep as one canvas, with weights that sum to one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stages import canvas
from stages.tiles import Grid, Tile


def run(grid: Grid, tile_path: Callable[[Tile], Path], dst: Path) -> None:
    """Write the canvas of a grid's tile files, each the pixels of its tile's write rectangle.

    Raises:
        TilebrushError: a tile is missing, damaged or of another size than its rectangle.
    """
    canvas.blend(grid, tile_path, dst)
