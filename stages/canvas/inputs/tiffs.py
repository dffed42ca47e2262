"""What a TIFF's directories say that libvips does not: pages, thumbnails, extra bands, raws.

The tags are those of TIFF 6.0 (Adobe, 1992), of the DNG specification (Adobe, 2023) and of BigTIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC = 254, 255, 256, 257, 258, 262
_SAMPLES, _SUB_IFDS, _EXTRA, _DNG = 277, 330, 338, 50706
_FORMATS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_PAGES, _MOST_ENTRIES, _MOST_VALUES, _MOST_TEXT = 1000, 4096, 64, 8000
_ASCII = 2
_RAW_PHOTOMETRIC = (32803, 34892)  # colour filter array, linear raw
CIELAB, ICCLAB, ITULAB = 8, 9, 10


@dataclass(frozen=True)
class Page:
    """One directory. `extra` says what its extra bands are, None that it does not say.

    `photometric_at` is where in the file the tag's value lies, `little` the order of its bytes.
    """

    width: int
    height: int
    reduced: bool
    mask: bool
    bits: int
    photometric: int
    photometric_at: int
    samples: int
    extra: tuple[int, ...] | None
    raw: bool
    little: bool

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


def pages(path: Path) -> list[Page]:
    """The pages of a TIFF in order; none if it is no TIFF, or its directories make no sense.

    A page counts as raw also if one of its SubIFDs holds a sensor's data.
    """
    found = []
    try:
        with path.open("rb") as file:
            reader = _Reader(file)
            for tags in reader.directories():
                inner = [reader.tags(at)[0] for at in tags.get(_SUB_IFDS, ())]
                found.append(_page(tags, inner, reader))
    except (struct.error, ValueError, OverflowError, OSError):  # libvips says what is wrong
        return []
    return found


def texts(path: Path, wanted: tuple[int, ...]) -> dict[int, str]:
    """Text tags of the first directory of a TIFF; none if it is no TIFF or makes no sense."""
    try:
        with path.open("rb") as file:
            reader = _Reader(file)
            found = {tag: reader.text(reader.first, tag) for tag in wanted}
    except (struct.error, ValueError, OverflowError, OSError):
        return {}
    return {tag: text for tag, text in found.items() if text}


def _page(tags: dict[int, tuple[int, ...]], inner: list[_Tags], reader: _Reader) -> Page:
    def one(tag: int, default: int = 0) -> int:
        return tags[tag][0] if tags.get(tag) else default

    raw = any(t.get(_PHOTOMETRIC, (0,))[0] in _RAW_PHOTOMETRIC for t in (tags, *inner))
    kind = one(_SUBFILE)
    return Page(
        width=one(_WIDTH),
        height=one(_HEIGHT),
        reduced=bool(kind & 1) or one(_OLD_SUBFILE) == 2,
        mask=bool(kind & 4),
        bits=one(_BITS, 1),
        photometric=one(_PHOTOMETRIC, -1),
        photometric_at=one(-_PHOTOMETRIC),
        samples=one(_SAMPLES, 1),
        extra=tags.get(_EXTRA),
        raw=raw or _DNG in tags,
        little=reader.order == "<",
    )


_Tags = dict[int, tuple[int, ...]]


class _Reader:
    """Directories of an open TIFF; whole numbers only, and not too many."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        head = file.read(16)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self.order:
            raise ValueError("no TIFF")
        (version,) = struct.unpack_from(self.order + "H", head, 2)
        if version not in (42, 43):
            raise ValueError("no TIFF")
        self.big = version == 43
        self.first = struct.unpack_from(self.order + "IQ"[self.big], head, 8 if self.big else 4)[0]

    def directories(self) -> Iterator[_Tags]:
        """All of the chain, each once."""
        at = self.first
        seen: set[int] = set()
        while at and at not in seen and len(seen) < _MOST_PAGES:
            seen.add(at)
            tags, at = self.tags(at)
            yield tags

    def tags(self, at: int) -> tuple[_Tags, int]:
        """The directory at a place, and where the next one lies.

        The place of a tag's values is found under its negative number.
        """
        (count,) = self._unpack(at, "Q" if self.big else "H")
        if count > _MOST_ENTRIES:
            raise ValueError("no directory")
        start, length = (at + 8, 20) if self.big else (at + 2, 12)
        tags: _Tags = {}
        for place in range(start, start + count * length, length):
            tag, kind, many = self._unpack(place, "HHQ" if self.big else "HHI")
            if kind in _FORMATS and 0 < many <= _MOST_VALUES:
                form = f"{many}{_FORMATS[kind]}"
                value = place + (12 if self.big else 8)
                if struct.calcsize("=" + form) > (8 if self.big else 4):
                    (value,) = self._unpack(value, "Q" if self.big else "I")
                tags[tag], tags[-tag] = self._unpack(value, form), (value,)
        (following,) = self._unpack(start + count * length, "Q" if self.big else "I")
        return tags, following

    def text(self, at: int, wanted: int) -> str:
        """The text under a tag of the directory at a place; "" if there is none."""
        (count,) = self._unpack(at, "Q" if self.big else "H")
        start, length = (at + 8, 20) if self.big else (at + 2, 12)
        for place in range(start, start + min(count, _MOST_ENTRIES) * length, length):
            tag, kind, many = self._unpack(place, "HHQ" if self.big else "HHI")
            if tag == wanted and kind == _ASCII and many <= _MOST_TEXT:
                value = place + (12 if self.big else 8)
                if many > (8 if self.big else 4):
                    (value,) = self._unpack(value, "Q" if self.big else "I")
                self.file.seek(value)
                return self.file.read(many).split(b"\0")[0].decode("utf-8", "replace")
        return ""

    def _unpack(self, at: int, form: str) -> tuple[int, ...]:
        self.file.seek(at)
        return struct.unpack(self.order + form, self.file.read(struct.calcsize(self.order + form)))
