"""Papers, lengths, borders, crops and names: what people type of a print, read and checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.config import units
from stages.errors import UsageError
from stages.sheet import Margins
from stages.tiles import Size

_PER_INCH = {"mm": 25.4, "cm": 2.54, "in": 1.0}
# ISO 216; a paper has no up, and is turned as the photo is.
_NAMED = {
    "a0": (1189.0, 841.0),
    "a1": (841.0, 594.0),
    "a2": (594.0, 420.0),
    "a3": (420.0, 297.0),
    "a4": (297.0, 210.0),
    "a5": (210.0, 148.0),
    "a6": (148.0, 105.0),
}
_GRAVITIES = {
    "centre": (0.5, 0.5),
    "center": (0.5, 0.5),
    "top": (0.5, 0.0),
    "bottom": (0.5, 1.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "top-left": (0.0, 0.0),
    "top-right": (1.0, 0.0),
    "bottom-left": (0.0, 1.0),
    "bottom-right": (1.0, 1.0),
}
_COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0)}
_NUMBER = r"(\d{1,6}(?:\.\d{1,6})?)"


def parse_paper(text: str, dpi: float) -> Size:
    """Read a paper such as ``40x30cm``, ``12x16in``, ``30x40`` (cm) or ``A3``; gives px at `dpi`.

    Raises:
        UsageError: It is no paper size, or gives a size out of bounds.
    """
    named = _NAMED.get(text.strip().lower())
    if named is not None:
        return _in_px(*named, "mm", dpi)
    found = re.fullmatch(rf"\s*{_NUMBER}\s*[xX\xd7]\s*{_NUMBER}\s*(mm|cm|in)?\s*", text)
    if not found:
        raise UsageError(
            f"paper is {text!r}; it must be WIDTHxHEIGHT with mm, cm or in, such as 40x30cm, or "
            "one of A0 to A6"
        )
    return _in_px(float(found[1]), float(found[2]), found[3] or "cm", dpi)


def _in_px(width: float, height: float, unit: str, dpi: float) -> Size:
    scale = dpi / _PER_INCH[unit]
    return units.checked_size(Size(round(width * scale), round(height * scale)))


def parse_length(text: str, dpi: float) -> int:
    """Read a length such as ``3mm``, ``0.5cm``, ``0.25in``, ``40px`` or ``0``; gives px at `dpi`.

    Raises:
        UsageError: It is no length.
    """
    found = re.fullmatch(rf"\s*{_NUMBER}\s*(mm|cm|in|px)?\s*", text.lower())
    if not found or (not found[2] and float(found[1])):
        raise UsageError(f"length is {text!r}; it must be like 3mm, 0.5cm, 0.25in or 40px")
    px = (
        float(found[1]) if found[2] in (None, "px") else float(found[1]) * dpi / _PER_INCH[found[2]]
    )
    return round(px)


def parse_border(text: str, dpi: float) -> Margins:
    """Read one length for all sides, two (top and bottom, left and right), or four (from the top
    clockwise), with commas between; gives px at `dpi`.

    Raises:
        UsageError: It is something else.
    """
    lengths = [parse_length(part, dpi) for part in text.split(",")]
    if len(lengths) not in (1, 2, 4):
        raise UsageError(
            f"border is {text!r}; it must be one length, two (top and bottom, left and right) or "
            "four (top, right, bottom, left), such as 10mm or 10mm,20mm"
        )
    top, right, bottom, left = (lengths * 4)[:4]
    return Margins(top, right, bottom, left)


def border_text(border: Margins) -> str:
    """The text that `parse_border` reads as exactly these px."""
    return ",".join(f"{px}px" for px in (border.top, border.right, border.bottom, border.left))


def parse_crop(text: str) -> tuple[float, float]:
    """Read ``centre``, ``top``, ``bottom-left`` ... or a point such as ``0.3,0.4`` or ``30%,40%``.

    Gives shares of the photo's width and height, 0 to 1 from the upper left corner.

    Raises:
        UsageError: It is neither.
    """
    words = text.strip().lower()
    if words in _GRAVITIES:
        return _GRAVITIES[words]
    found = re.fullmatch(rf"{_NUMBER}(%?)\s*,\s*{_NUMBER}(%?)", words)
    if found:
        x = float(found[1]) / (100 if found[2] else 1)
        y = float(found[3]) / (100 if found[4] else 1)
        if max(x, y) <= 1:
            return x, y
    raise UsageError(
        f"crop is {text!r}; it must be a point X,Y of the photo, each 0 to 1 or 0% to 100%, or "
        f"one of {', '.join(name for name in _GRAVITIES if name != 'center')}"
    )


def parse_colour(text: str) -> tuple[int, int, int]:
    """Read a colour, ``white``, ``black`` or ``#f4efe6``, as 8-bit sRGB.

    Raises:
        UsageError: It is none.
    """
    words = text.strip().lower()
    if words in _COLOURS:
        return _COLOURS[words]
    found = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", words)
    if not found:
        raise UsageError(f"colour is {text!r}; it must be white, black or like #f4efe6")
    return int(found[1], 16), int(found[2], 16), int(found[3], 16)


PROFILES = ("srgb", "adobe-rgb", "p3")
PROOFS = ("cmyk",)
_PROFILE_FILES = (".icc", ".icm")


def check_profile(text: str) -> None:
    """Make sure that a text names a profile of files, or a file that may be one.

    Raises:
        UsageError: It does neither.
    """
    _check_named(text, PROFILES)


def check_proof(text: str) -> None:
    """The same for a profile that only a soft proof is made with."""
    _check_named(text, PROOFS)


def _check_named(text: str, names: tuple[str, ...]) -> None:
    if text not in names and not text.lower().endswith(_PROFILE_FILES):
        raise UsageError(
            f"profile is {text!r}; it must be {', '.join(names)} or a file that ends in .icc"
        )


def check_name(text: str) -> None:
    """Make sure that files can have a name; `named` fills it in.

    Raises:
        UsageError: They cannot.
    """
    rest = text.replace("{photo}", "").replace("{style}", "")
    bad = re.search(r'[/\\{}<>:"|?*]', rest) or not text.isprintable()
    if bad or text.startswith(".") or len(text) > 100 or not text.strip():
        raise UsageError(
            f"name is {text!r}; it must be a plain file name without suffix, in which {{photo}} "
            "and {style} may stand"
        )


def named(template: str, photo: str, styles: Sequence[str]) -> str:
    """The name of print files, in at most 120 bytes: file systems take 255, records need some."""
    filled = template.replace("{photo}", photo).replace("{style}", "_".join(styles))
    clean = re.sub(r'[/\\<>:"|?*\x00-\x1f]', "_", filled).lstrip(".") or "print"
    return clean.encode("utf-8", "ignore")[:120].decode("utf-8", "ignore")
