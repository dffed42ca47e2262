"""A canvas as a libvips image that is read from top to bottom, once, in small pieces.

libvips maps raw files into memory, and the pages of a large canvas then count as the program's own
until it is done. Here it reads an uncompressed TIFF instead, which exists only as a header put in
front of the canvas file's rows.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

from stages.canvas import _vips, files
from stages.tiles import Size

_STRIP_ROWS = 16
_SHORT, _LONG8 = 3, 16


def streamed(path: Path) -> Any:
    """A canvas as a float libvips image for one pass; the file stays open as long as the image.

    Raises: `TilebrushError` if the file is no canvas.
    """
    source = _vips.SourceCustom()
    rows = _FramedRows(path)
    source.on_read(rows.read)
    source.on_seek(rows.seek)
    image = _vips.Image.new_from_source(source, "", access="sequential", fail_on="error")
    if image.bands < 3:
        image = image.extract_band(0).bandjoin([image.extract_band(0)] * 2)
    image = image.extract_band(0, n=3) if image.bands > 3 else image
    return image.copy(interpretation="srgb")


class _FramedRows:
    """The bytes of a TIFF: a header, then the canvas file from its first row on."""

    def __init__(self, path: Path) -> None:
        size, self._offset, channels = files.layout(path)
        self._frame = _frame(size, channels)
        self._length = len(self._frame) + size.pixels * channels * 4
        self._position = 0
        self._file = path.open("rb", buffering=0)

    def read(self, length: int) -> bytes:
        """Up to `length` bytes from the present position; fewer at a seam, none at the end."""
        inside = self._position - len(self._frame)
        if inside < 0:
            data = self._frame[self._position : self._position + length]
        else:
            data = self._row_bytes(inside, length)
        self._position += len(data)
        return data

    def _row_bytes(self, start: int, length: int) -> bytes:
        try:
            self._file.seek(self._offset + start)
            return self._file.read(length) or b""
        except OSError:  # libvips then finds the file cut short and says so; it cannot raise
            return b""

    def seek(self, offset: int, whence: int) -> int:
        """Move to a position, as in `io`."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = start + offset
        return self._position


def _frame(size: Size, channels: int) -> bytes:
    """Header of a little-endian BigTIFF of float32 channels, strips in order behind it."""
    strips = -(-size.height // _STRIP_ROWS)
    strip_bytes = _STRIP_ROWS * size.width * channels * 4
    last = size.pixels * channels * 4 - (strips - 1) * strip_bytes
    counts = [strip_bytes] * (strips - 1) + [last]
    entries = 11
    tables = 16 + 8 + entries * 20 + 8  # file header, entry count, entries, no further directory
    start = tables + 16 * strips
    offsets = [start + i * strip_bytes for i in range(strips)]

    def entry(tag: int, kind: int, *values: int) -> bytes:
        packed = struct.pack(f"<{len(values)}{'H' if kind == _SHORT else 'Q'}", *values)
        return struct.pack("<HHQ", tag, kind, len(values)) + packed.ljust(8, b"\0")

    def table(tag: int, place: int) -> bytes:
        value = (offsets if tag == 273 else counts)[0] if strips == 1 else place
        return struct.pack("<HHQQ", tag, _LONG8, strips, value)

    directory = [
        entry(256, _LONG8, size.width),
        entry(257, _LONG8, size.height),
        entry(258, _SHORT, *[32] * channels),  # bits per channel
        entry(259, _SHORT, 1),  # not compressed
        entry(262, _SHORT, 2 if channels > 2 else 1),  # RGB, or grey where it is a mask
        table(273, tables),  # where the strips are
        entry(277, _SHORT, channels),  # channels
        entry(278, _LONG8, _STRIP_ROWS),
        table(279, tables + 8 * strips),  # how long the strips are
        entry(284, _SHORT, 1),  # channels side by side
        entry(339, _SHORT, *[3] * channels),  # floating point
    ]
    head = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) + struct.pack("<Q", entries)
    lists = struct.pack(f"<{2 * strips}Q", *offsets, *counts)
    return head + b"".join(directory) + struct.pack("<Q", 0) + lists
