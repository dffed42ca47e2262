"""Whose part of the canvas is which: masks and maps as they are named, and whose colours it has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from pipeline.config.section import Section, checked
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


MaskText = Annotated[str, checked(parse_mask, empty=False)]
MapText = Annotated[str, checked(parse_map, empty=False)]


class ColourSettings(Section):
    """Whose colours a print has, see style.palette for the painting's."""

    keep: Literal["none", "luma", "histogram", "mkl", "oklab"] = Field(
        default="none",
        description='keeps the photo\'s colours: "luma" and "oklab" take the lightness of the '
        'print and the colours of the photo, pixel by pixel; "histogram" and "mkl" bring the '
        "colours of the painting to the photo's as a whole, channel by channel or by mean and "
        'covariance. "none": the painting\'s colours, as far as style.palette says',
    )
    when: Literal["auto", "before", "after"] = Field(
        default="auto",
        description='"before": the painting is recoloured before anything is painted, and '
        'style.palette counts as 0; "after": the finished print is. "auto": before with '
        '"histogram" and "mkl", after with "luma" and "oklab"',
    )
    mask: str = Field(
        default="",
        description="grey image of the photo's shape, relative to this file: white where colours "
        "are kept, black where not. Before, it says which of the photo's colours count. Empty: "
        "everywhere",
    )

    @property
    def place(self) -> str:
        """`before`, `after`, or nothing if no colours are kept."""
        if self.keep == "none":
            return ""
        if self.when != "auto":
            return self.when
        return "after" if self.keep in ("luma", "oklab") else "before"
