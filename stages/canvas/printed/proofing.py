"""Soft proof: how a print will look on another paper or press, as a picture for a screen.

Colours go to the profile as a lab converts them (relative colorimetric, black to black) and come
back as they lie on its paper (absolute colorimetric), so that white is the paper's and black no
deeper than its ink.
"""

from __future__ import annotations

from pathlib import Path

from stages.canvas import _vips
from stages.canvas.printed import profiles
from stages.canvas.streamed import streamed

SIDE = 2400  # px, the longer one at most


def write_soft_proof(src: Path, dst: Path, profile: str) -> None:
    """Write a canvas as a PNG in sRGB, at most `SIDE` px long, as the profile will show it."""
    image = streamed(src)
    scale = SIDE / max(image.width, image.height)
    small = image.resize(scale) if scale < 1 else image
    shown = profiles.to_profile(small, profile).icc_transform(
        profiles.SRGB, input_profile=profiles.source(profile), intent="absolute", depth=8
    )
    _vips.save(shown, dst, "png", compression=6, profile=profiles.SRGB, keep="icc")
