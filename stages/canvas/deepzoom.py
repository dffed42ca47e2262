"""Deep zoom: a canvas as a pyramid of small JPEGs, of which a viewer loads what it shows."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stages.canvas import _vips, files
from stages.canvas.export import eight_bits
from stages.canvas.streamed import streamed
from stages.errors import TilebrushError
from stages.tiles import Size

TILE, OVERLAP = 510, 1  # px of a piece, and of its neighbours around it: pieces of 512 px
# Pieces are for looking, but paint at 100 % is what is looked at: colours at full resolution.
_QUALITY = 88


@dataclass(frozen=True)
class Pyramid:
    """A pyramid as it lies in a folder: `TOP/COLUMN_ROW.jpg` are the pieces at full size.

    Each step below is half as large; step 0 is one piece.
    """

    size: Size
    top: int

    def whole(self, folder: Path) -> bool:
        """Whether every piece lies in a folder; a power cut may leave some out or empty."""
        if not folder.is_dir():
            return False
        width, height = self.size.width, self.size.height
        for step in range(self.top, -1, -1):
            across, down = -(-width // TILE), -(-height // TILE)
            pieces = [
                folder / str(step) / f"{x}_{y}.jpg" for x in range(across) for y in range(down)
            ]
            if not all(piece.is_file() and piece.stat().st_size for piece in pieces):
                return False
            width, height = -(-width // 2), -(-height // 2)
        return True


def pyramid_of(size: Size) -> Pyramid:
    """What `write_pyramid` makes of a canvas of `size`."""
    top, side = 0, max(size.width, size.height)
    while side > TILE:
        side, top = -(-side // 2), top + 1
    return Pyramid(size, top)


def write_pyramid(src: Path, folder: Path) -> Pyramid:
    """Write the pyramid of a canvas as 8-bit sRGB into a new folder, in one pass over the canvas.

    Raises: `OSError` of a full or failing disk; `TilebrushError` if it cannot be written.
    """
    found = pyramid_of(files.size_of(src))
    # libvips puts the pieces into NAME_files and a description, which nobody reads, beside it.
    beside = folder.with_name(f"{folder.name}_files")
    try:
        eight_bits(streamed(src)).dzsave(
            str(folder),
            suffix=f".jpg[Q={_QUALITY},subsample-mode=off,keep=none]",
            tile_size=TILE,
            overlap=OVERLAP,
            depth="onetile",
        )
        beside.replace(folder)
    except _vips.Error as error:
        raise TilebrushError(f"{folder}: cannot be written ({_vips.reason(error)})") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        folder.with_name(f"{folder.name}.dzi").unlink(missing_ok=True)
        with suppress(OSError):
            (folder / "vips-properties.xml").unlink(missing_ok=True)
    return found
