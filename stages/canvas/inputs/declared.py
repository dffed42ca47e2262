"""How the numbers of a file are meant, by what it declares outside an ICC profile.

PNG's chunks (PNG, third edition, W3C 2025): cICP before sRGB before gAMA and cHRM. EXIF's colour
space with DCF's interoperability index R03, by which cameras say Adobe RGB (DCF 2.0). TIFF's
photometric interpretation and ExtraSamples.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from stages.canvas.inputs import encodings, tiffs
from stages.canvas.inputs.encodings import ADOBE_RGB, CICP_PRIMARIES, CICP_TRANSFERS, Encoding
from stages.canvas.inputs.tiffs import Page
from stages.errors import InputImageError

Lab = Literal["", "signed", "offset"]
Extra = Literal["opacity", "unknown", "other"]

_CHUNKS = 1000
_UNCALIBRATED, _ADOBE = 65535, 2


@dataclass(frozen=True)
class Meaning:
    """`encoding` is None for sRGB or an ICC profile; `lab` is how 8-bit Lab codes a and b.

    `extra` says what a band beyond the colours is: opacity, something else, or not known.
    """

    encoding: Encoding | None = None
    lab: Lab = ""
    extra: Extra = "opacity"
    notes: tuple[str, ...] = ()


PLAIN = Meaning()


def meaning(path: Path, image: Any, page: Page | None) -> Meaning:
    """What a file declares.

    Raises: `InputImageError` for an encoding that cannot be shown on paper as it is (HDR).
    """
    notes: list[str] = []
    encoding = None
    if not image.get_typeof("icc-profile-data") and str(image.interpretation) != "cmyk":
        encoding = _of_png(path) or _of_exif(path, image, notes)
    if encoding is not None and encoding.is_srgb:
        encoding = None
    if encoding is not None:
        notes.append(f"{path}: read as {encoding.name}, as the file says, and converted to sRGB")
    return Meaning(encoding, _lab(path, page), _extra(page), tuple(notes))


def _of_exif(path: Path, image: Any, notes: list[str]) -> Encoding | None:
    """Adobe RGB, if a camera says so."""
    space = _field(image, "exif-ifd2-ColorSpace").split(" ")[0]
    index = _field(image, "exif-ifd4-InteroperabilityIndex")[:3]
    if space == str(_ADOBE) or (space == str(_UNCALIBRATED) and index == "R03"):
        return ADOBE_RGB
    if space == str(_UNCALIBRATED):
        notes.append(f"{path}: says that its colours are not sRGB, not which; read as sRGB")
    return None


def _field(image: Any, name: str) -> str:
    return str(image.get(name)) if image.get_typeof(name) else ""


# ---- PNG


def _of_png(path: Path) -> Encoding | None:
    """The encoding that a PNG's chunks give; None if it is no PNG or has none."""
    chunks = dict(_chunks(path))
    try:
        if b"cICP" in chunks:
            return _of_cicp(path, *struct.unpack("4B", chunks[b"cICP"]))
        if b"sRGB" in chunks or not chunks.keys() & {b"gAMA", b"cHRM"}:
            return None
        return _of_numbers(chunks.get(b"gAMA"), chunks.get(b"cHRM"))
    except (struct.error, ZeroDivisionError, np.linalg.LinAlgError):
        return None  # nonsense is passed over, as a broken profile is


def _chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The colour chunks of a PNG, all of which come before its pixels."""
    with path.open("rb") as file:
        if file.read(8) != b"\x89PNG\r\n\x1a\n":
            return
        for _ in range(_CHUNKS):
            head = file.read(8)
            if len(head) < 8 or head[4:] in (b"IDAT", b"IEND"):
                return
            length = int.from_bytes(head[:4], "big")
            if head[4:] in (b"cICP", b"sRGB", b"gAMA", b"cHRM") and length <= 32:
                yield head[4:], file.read(length)
                file.seek(4, 1)
            else:
                file.seek(length + 4, 1)


def _of_cicp(path: Path, primaries: int, transfer: int, matrix: int, full: int) -> Encoding:
    named, curve = CICP_PRIMARIES.get(primaries), CICP_TRANSFERS.get(transfer)
    if named is None or curve is None or matrix or not full:
        hdr = {16: " (HDR, PQ)", 18: " (HDR, HLG)"}.get(transfer, "")
        raise InputImageError(
            f"{path}: colours of cICP {primaries}/{transfer}/{matrix}/{full}{hdr} cannot be "
            "converted; export it in sRGB or with an ICC profile"
        )
    name, points, white = named
    return Encoding(name, points, white, curve)


def _of_numbers(gamma: bytes | None, points: bytes | None) -> Encoding | None:
    """The encoding of gAMA and cHRM, whose numbers are hundred-thousandths."""
    exponent: float | str = "srgb"
    name = []
    if gamma is not None:
        power = float(1e5 / struct.unpack(">I", gamma)[0])
        if not 0.2 <= power <= 5.0:
            return None
        exponent = power
        name.append(f"gamma {power:.3g}")
    if points is None:
        return Encoding(" ".join(name), gamma=exponent)
    white_x, white_y, *rest = (n / 1e5 for n in struct.unpack(">8I", points))
    red, green, blue = zip(rest[::2], rest[1::2], strict=True)
    encoding = Encoding("", (red, green, blue), (white_x, white_y), exponent)
    if not np.isfinite(encodings.to_linear_srgb(encoding)).all():
        return None
    name.insert(0, "RGB with primaries of its own" + (" and" if name else ""))
    return Encoding(" ".join(name), (red, green, blue), (white_x, white_y), exponent)


# ---- TIFF


def _lab(path: Path, page: Page | None) -> Lab:
    if page is None or page.bits != 8:
        return ""
    if page.photometric == tiffs.ITULAB:
        raise InputImageError(f"{path}: ITU Lab colours cannot be read; save it as RGB")
    kinds: dict[int, Lab] = {tiffs.CIELAB: "signed", tiffs.ICCLAB: "offset"}
    return kinds.get(page.photometric, "")


def _extra(page: Page | None) -> Extra:
    """What the band beyond the colours is; in other formats it is opacity."""
    if page is None:
        return "opacity"
    if page.extra is None:
        return "unknown"
    # 1: colours were multiplied by it, which libvips undoes; 2: they were not.
    return "opacity" if page.extra[0] in (1, 2) else "other"
