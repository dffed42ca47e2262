"""Texts put into a finished TIFF: libvips writes neither artist and copyright nor software.

The tags are those of TIFF 6.0 (Adobe, 1992), section 8. The first directory is written once more,
with the texts, behind all else in the file, and the header then points there.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

DESCRIPTION, SOFTWARE, ARTIST, COPYRIGHT = 270, 305, 315, 33432
_ASCII = 2


def add_texts(path: Path, texts: Mapping[int, str]) -> None:
    """Add text tags, in UTF-8, to the first page of a little-endian TIFF or BigTIFF.

    Those that it has already are replaced, empty ones left out.
    Raises: `ValueError` if it is no such file.
    """
    wanted = {tag: text.encode("utf-8") + b"\0" for tag, text in texts.items() if text}
    if not wanted:
        return
    with path.open("r+b") as file:
        head = file.read(16)
        if head[:4] not in (b"II*\0", b"II+\0"):
            raise ValueError(f"{path}: no little-endian TIFF")
        big = head[2] == 43
        at = struct.unpack_from("<Q" if big else "<I", head, 8 if big else 4)[0]
        entries, following = _entries(file, at, big)
        entries = {tag: entry for tag, entry in entries.items() if tag not in wanted}
        file.seek(0, 2)
        for tag, text in wanted.items():
            entries[tag] = _entry(file, tag, text, big)
        _align(file)
        place = file.tell()
        file.write(struct.pack("<Q" if big else "<H", len(entries)))
        file.write(b"".join(entries[tag] for tag in sorted(entries)) + following)
        file.seek(8 if big else 4)
        file.write(struct.pack("<Q" if big else "<I", place))


def _entries(file: BinaryIO, at: int, big: bool) -> tuple[dict[int, bytes], bytes]:
    """The entries of a directory by their tags, and the place of the next one, all as bytes."""
    file.seek(at)
    (count,) = struct.unpack("<Q" if big else "<H", file.read(8 if big else 2))
    length = 20 if big else 12
    found = [file.read(length) for _ in range(count)]
    return {struct.unpack_from("<H", entry)[0]: entry for entry in found}, file.read(
        8 if big else 4
    )


def _entry(file: BinaryIO, tag: int, text: bytes, big: bool) -> bytes:
    """The entry of a text, which is written at the end of the file if it does not fit in."""
    room = 8 if big else 4
    head = struct.pack("<HHQ" if big else "<HHI", tag, _ASCII, len(text))
    if len(text) <= room:
        return head + text.ljust(room, b"\0")
    _align(file)
    place = file.tell()
    file.write(text)
    return head + struct.pack("<Q" if big else "<I", place)


def _align(file: BinaryIO) -> None:
    """Everything begins at an even place."""
    file.write(b"\0" * (file.tell() % 2))
