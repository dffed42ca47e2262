"""What inputs are in a run beside photo and style: masks, and maps in flat colours."""

from __future__ import annotations

COLOUR_MASK = "colour mask"
# Those of a painting are followed by its number, see `role`.
MASK, STYLE_MASK = "mask", "style mask"
MAP, STYLE_MAP = "map", "style map"


def role(kind: str, style: int) -> str:
    """What a mask of the painting of that number is called among the inputs."""
    return f"{kind} {style}"
