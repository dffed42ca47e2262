"""What an image file says about itself: its header, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stages.canvas import _vips
from stages.canvas.inputs.colour import extra_band, has_extra
from stages.canvas.inputs.declared import Meaning, meaning
from stages.canvas.inputs.opening import opened
from stages.canvas.inputs.turning import sideways
from stages.errors import InputImageError
from stages.tiles import Size

MIN_SIDE = 16
MAX_PIXELS = 1_000_000_000
# Of a file that must be decoded into memory whole (interlaced, GIF, WebP, HEIF).
MAX_WHOLE_PIXELS = 150_000_000

_FORMATS = {
    "jpegload": "JPEG",
    "pngload": "PNG",
    "tiffload": "TIFF",
    "webpload": "WebP",
    "gifload": "GIF",
    "heifload": "HEIF",
}
_STREAMED = ("JPEG", "PNG", "TIFF")
_BITS = {"uchar": 8, "ushort": 16, "uint": 32, "float": 32, "double": 64}


@dataclass(frozen=True)
class Facts:
    """What an image file says about itself; `width` and `height` are those after turning.

    `notes` are lines for the user, about what of the file is taken and how its colours are read.
    """

    path: Path
    width: int
    height: int
    bands: int
    format: str
    interpretation: str
    has_profile: bool
    source_bits: int
    orientation: int
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        """Width and height in px, turned upright."""
        return Size(self.width, self.height)


@dataclass(frozen=True)
class Picture:
    """A file whose header was read: its pixels, what it says, how its numbers are meant."""

    path: Path
    image: Any
    facts: Facts
    meaning: Meaning


def inspect(path: Path) -> Facts:
    """Read the header of a photograph or painting and check that it can be used.

    Raises: `InputImageError` if it is missing, no image, a camera raw, too small or too large.
    """
    return usable(path).facts


def usable(path: Path) -> Picture:
    """The picture in a file, if it can be used."""
    found = opened(path)
    image = found.image
    meant = meaning(path, image, found.page)
    facts = _facts(path, image)
    what = f"{path}: {facts.width}x{facts.height} px"
    if min(facts.width, facts.height) < MIN_SIDE:
        raise InputImageError(f"{what}; at least {MIN_SIDE} px a side are needed")
    if facts.size.pixels > MAX_PIXELS:
        raise InputImageError(f"{what}; at most {MAX_PIXELS // 10**6} megapixels can be read")
    whole = facts.format not in _STREAMED or _interlaced(image)
    if whole and facts.size.pixels > MAX_WHOLE_PIXELS:
        raise InputImageError(
            f"{what}, interlaced or {facts.format}: must be decoded whole, and at most "
            f"{MAX_WHOLE_PIXELS // 10**6} megapixels can be; save it as TIFF or plain PNG"
        )
    meant = _with_extra(path, image, meant)
    facts = replace(facts, notes=(*found.notes, *meant.notes))
    return Picture(path, image, facts, meant)


def _with_extra(path: Path, image: Any, meant: Meaning) -> Meaning:
    """With the extra band known: one that is not said to be opacity is left out if it would
    hide more than half of the picture, or is said to be something else."""
    if not has_extra(image) or meant.extra == "opacity":
        return meant
    kind = "is not said to be transparency"
    if meant.extra == "unknown":
        with decoding(path):
            shown = extra_band(opened(path).image).avg()
        if shown >= 0.5:
            return replace(meant, extra="opacity")
        kind = f"would hide {1 - shown:.0%} of the picture and is not said to be transparency"
    note = f"{path}: channel {image.bands} {kind}; it is left out"
    return replace(meant, extra="other", notes=(*meant.notes, note))


def _facts(path: Path, image: Any) -> Facts:
    """What the header says."""
    loader = str(image.get("vips-loader")).removesuffix("_source")
    orientation = int(image.get("orientation")) if image.get_typeof("orientation") else 1
    orientation = orientation if 1 <= orientation <= 8 else 1
    width, height = image.width, image.height
    if sideways(orientation):
        width, height = height, width
    if image.format not in _BITS and image.interpretation != "labs":
        raise InputImageError(
            f"{path}: pixels of type {image.format}; save it with 8 or 16 bits per channel"
        )
    return Facts(
        path=path,
        width=width,
        height=height,
        bands=image.bands,
        format=_FORMATS.get(loader, loader),
        interpretation=str(image.interpretation),
        has_profile=bool(image.get_typeof("icc-profile-data")),
        source_bits=_BITS.get(image.format, 16),
        orientation=orientation,
    )


def _interlaced(image: Any) -> bool:
    """Whether rows do not come from top to bottom (interlaced PNG, progressive JPEG)."""
    fields = ("interlaced", "jpeg-multiscan")
    return any(image.get_typeof(field) and image.get(field) for field in fields)


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """What libvips finds wrong with the pixels is said about the file `path`."""
    try:
        yield
    except _vips.Error as error:
        raise InputImageError(
            f"{path}: damaged or cut short ({_vips.reason(error)}); copy or export it again"
        ) from None
