"""The settings of whose colours a print has."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.schema.section import Section


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
