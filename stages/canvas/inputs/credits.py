"""Whose a photograph is, and what its camera wrote: from EXIF, TIFF tags, XMP and IPTC."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from stages.canvas import _vips
from stages.canvas.inputs import tiffs
from stages.canvas.inputs.opening import opened

_ARTIST, _COPYRIGHT = 315, 33432  # TIFF 6.0, section 8
_BY_LINE, _NOTICE = 80, 116  # of record 2, IPTC-IIM 4.2
_DC = "{http://purl.org/dc/elements/1.1/}"
_LI = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_MOST_XMP, _MOST_TEXT = 1_000_000, 2000
# libvips shows an EXIF value as `text (text, ASCII, 9 components, 9 bytes)`, a number in the
# brackets perhaps in another way than before them.
_SHOWN = r", [\w ]+, \d+ components?, \d+ bytes?\)"
_SHAPES = (
    re.compile(rf"(.*) \(\1{_SHOWN}", re.DOTALL),
    re.compile(rf"(.*?) \(.*{_SHOWN}", re.DOTALL),
)
# Of the file, not of the picture; the print has its own.
_OWN = re.compile(
    r"(Orientation|ResolutionUnit|[XY]Resolution|ImageDescription|Artist|Copyright|Software|"
    r"ColorSpace|PixelXDimension|PixelYDimension|MakerNote|YCbCrPositioning|ExifVersion|"
    r"ComponentsConfiguration|FlashPixVersion|InteroperabilityIndex|ImageWidth|ImageLength|"
    r"BitsPerSample|Compression|PhotometricInterpretation|SamplesPerPixel|Padding|PrintImageMatching)$"
)


@dataclass(frozen=True)
class Credits:
    """Artist and copyright as texts; `camera` are EXIF fields, positions among them, as read."""

    artist: str = ""
    copyright: str = ""
    camera: Mapping[str, str] = field(default_factory=dict)


def credits(path: Path, *, camera: bool = False) -> Credits:
    """What the header of an image says of its making; with `camera` all of its EXIF.

    Of thumbnails and of what is the file's own nothing. Texts that cannot be read count as none.
    Raises: `InputImageError` if the file cannot be opened.
    """
    image = opened(path).image
    tags = tiffs.texts(path, (_ARTIST, _COPYRIGHT))
    iptc = _iptc(_blob(image, "iptc-data"))
    by_xmp = _xmp(_blob(image, "xmp-data"))
    return Credits(
        artist=_first(
            _exif(image, "Artist"), tags.get(_ARTIST), by_xmp.get("creator"), iptc.get(_BY_LINE)
        ),
        copyright=_first(
            *(_exif(image, "Copyright"), tags.get(_COPYRIGHT)),
            *(by_xmp.get("rights"), iptc.get(_NOTICE)),
        ),
        camera=_camera(image) if camera else {},
    )


def _first(*texts: str | None) -> str:
    """The first of some texts that says anything, in one line."""
    found = (
        " ".join("".join(c if c.isprintable() else " " for c in t or "").split()) for t in texts
    )
    return next((text for text in found if text), "")[:_MOST_TEXT]


def _exif(image: Any, name: str) -> str:
    field_name = f"exif-ifd0-{name}"
    return _value(image, field_name) if image.get_typeof(field_name) else ""


def _value(image: Any, name: str) -> str:
    text = str(image.get(name))
    found = next((m for m in (shape.fullmatch(text) for shape in _SHAPES) if m), None)
    return found[1] if found else text


def _camera(image: Any) -> dict[str, str]:
    return {
        name: _value(image, name)
        for name in image.get_fields()
        if re.match(r"exif-ifd[023]-", name) and not _OWN.search(name)
    }


def _blob(image: Any, name: str) -> bytes:
    return _vips.get_bytes(image, name) if image.get_typeof(name) else b""


def _xmp(data: bytes) -> dict[str, str]:
    """dc:creator and dc:rights; none of a packet that is damaged, huge or has entities."""
    if len(data) > _MOST_XMP or b"<!" in data:
        return {}
    try:
        root = ElementTree.fromstring(data.strip(b"\0 \n\r\t\xef\xbb\xbf"))
    except (ElementTree.ParseError, ValueError):
        return {}
    found = {}
    for name in ("creator", "rights"):
        items = [item.text or "" for each in root.iter(_DC + name) for item in each.iter(_LI)]
        found[name] = ", ".join(item for item in items if item)
    return found


def _iptc(data: bytes) -> dict[int, str]:
    """The texts of record 2 by their numbers, wherever they begin in a Photoshop block."""
    found: dict[int, str] = {}
    for match in re.finditer(rb"\x1c\x02([\x50\x74])(..)", data, re.DOTALL):
        (length,) = struct.unpack(">H", match[2])
        text = data[match.end() : match.end() + length]
        found.setdefault(match[1][0], text.decode("utf-8", "replace"))
    return found
