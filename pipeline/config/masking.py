"""Whose part of the canvas is which: masks and maps as they are named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from stages.errors import UsageError

_FORM = re.compile(r"(?P<mask>[^=]+)=(?P<style>(?:[A-Za-z]:[\\/])?[^:]+)(?::(?P<on>.+))?")


class Masking(NamedTuple):
    """A mask on the canvas, the painting it belongs to, and a mask on that painting or nothing."""

    mask: str
    style: str
    on: str

    def __str__(self) -> str:
        return f"{self.mask}={self.style}" + (f":{self.on}" if self.on else "")

    def anchored(self, folder: Path) -> Masking:
        """With its files absolute; relative ones count from `folder`."""
        on = str(folder / Path(self.on).expanduser()) if self.on else ""
        return Masking(str(folder / Path(self.mask).expanduser()), self.style, on)


def parse_mask(text: str) -> Masking:
    """``MASK=STYLE`` or ``MASK=STYLE:STYLEMASK``.

    Raises:
        UsageError: It is something else.
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise UsageError(f"mask is {text!r}; it must be MASK=STYLE, such as sky.png=starry.jpg")
    return Masking(found["mask"].strip(), found["style"].strip(), (found["on"] or "").strip())


def parse_map(text: str) -> Masking:
    """``MAP=STYLE:STYLEMAP``.

    Raises:
        UsageError: It is something else.
    """
    example = "MAP=STYLE:STYLEMAP, such as doodle.png=starry.jpg:starry-map.png"
    try:
        found = parse_mask(text)
    except UsageError:
        raise UsageError(f"map is {text!r}; it must be {example}") from None
    if not found.on:
        raise UsageError(f"map is {text!r}; it must be {example}")
    return found
