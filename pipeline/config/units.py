"""Sizes, memory and durations: read from what people type, written for people."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

from stages.errors import UsageError
from stages.tiles import Size

MIN_SIDE = 16
MAX_SIDE = 100_000
MAX_PIXELS = 1_000_000_000
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BYTES_BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}


def parse_size(text: str) -> Size:
    """Read a size in px such as ``6000x4500`` (width x height).

    Raises:
        UsageError: It is no size, or a side or the area is out of bounds.
    """
    found = re.fullmatch(r"\s*(\d{1,9})\s*[xX\xd7]\s*(\d{1,9})\s*(?:px)?\s*", text)
    if not found:
        raise UsageError(f"size is {text!r}; it must be WIDTHxHEIGHT in px, such as 6000x4500")
    return checked_size(Size(int(found[1]), int(found[2])))


def checked_size(size: Size) -> Size:
    """A size in px that can be worked with.

    Raises:
        UsageError: A side or the area is out of bounds.
    """
    sides = (size.width, size.height)
    if min(sides) < MIN_SIDE or max(sides) > MAX_SIDE or size.pixels > MAX_PIXELS:
        raise UsageError(
            f"size is {size} px; each side must be {MIN_SIDE} to {MAX_SIDE} px "
            f"and the whole at most {MAX_PIXELS // 10**6} megapixels"
        )
    return size


def parse_memory(text: str) -> int:
    """Read an amount of memory such as ``2GB``, ``1.5GiB`` or ``800M`` and give it in bytes.

    Raises:
        UsageError: It is no amount of memory, or zero.
    """
    found = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([kmgt]?)(i?)b?\s*", text.lower())
    if not found or (found[3] and not found[2]) or float(found[1]) == 0:
        raise UsageError(f"memory is {text!r}; it must be an amount such as 2GB or 800MB")
    factor = _BYTES_BINARY[found[2]] if found[3] else _BYTES[found[2]]
    return int(float(found[1]) * factor)


def parse_duration(text: str) -> float:
    """Read a duration such as ``36h``, ``90min`` or ``1d12h`` and give it in seconds.

    Raises:
        UsageError: It is no duration, or zero.
    """
    part = r"(\d{1,6}(?:\.\d{1,6})?)\s*(min|s|m|h|d)"
    squeezed = text.strip().lower()
    if not re.fullmatch(rf"(?:{part}\s*)+", squeezed):
        raise UsageError(f"duration is {text!r}; it must be like 36h, 90min or 1d12h")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(part, squeezed))
    if seconds <= 0:
        raise UsageError(f"duration is {text!r}; it must be more than zero")
    return seconds


def duration(seconds: float) -> str:
    """A duration for people: ``0.4 s``, ``45 s``, ``12 min``, ``1 h 12 min``, ``3 d 4 h``."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"


def amount(count: float, digits: int = 1) -> str:
    """An amount of bytes for people: ``870 B``, ``34 kB``, ``1.3 GB`` (powers of 1000).

    `digits` is how many follow the point of a number below 10; above, one less.
    """
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 999.5:
            places = 0 if unit == "B" else digits if value < 10 else digits - 1
            return f"{value:.{places}f} {unit}"
        value /= 1000
    return f"{value:.{digits}f} TB"


def apart(a: float, b: float) -> tuple[str, str]:
    """Two amounts with as many digits as it takes to tell them apart."""
    for digits in range(1, 5):
        found = amount(a, digits), amount(b, digits)
        if found[0] != found[1]:
            break
    return found


def ready(seconds: float, now: datetime) -> str:
    """When something that takes `seconds` more is ready: ``ready Tue 14:05, in 1 h 12 min``."""
    try:
        then = now + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return "ready in ages"
    if then.date() == now.date():
        day = ""
    elif then - now < timedelta(days=6):
        day = f"{then:%a} "
    else:
        day = f"{then:%a} {then.day} {then:%b} "
    return f"ready {day}{then:%H:%M}, in {duration(seconds)}"
