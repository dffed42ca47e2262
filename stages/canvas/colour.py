"""Any colour space that image files come in, as sRGB between 0 and 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stages.canvas import _vips
from stages.errors import InputImageError

_GREY = ("b-w", "grey16")
_LAB = ("lab", "labs", "labq", "xyz", "lch", "yxy", "hsv", "oklab", "oklch")
_MAXIMUM = {"uchar": 255.0, "ushort": 65535.0, "uint": 4294967295.0, "float": 1.0, "double": 1.0}


def is_float(image: Any) -> bool:
    """Whether the pixels are floating-point numbers."""
    return image.format in ("float", "double")


def to_srgb(image: Any, path: Path) -> Any:
    """The image as float sRGB of three bands, 0 to 1, transparency laid over white.

    Raises: `InputImageError` naming `path` for a number of channels that is no picture.
    """
    colours = 4 if image.interpretation == "cmyk" else 1 if image.bands < 3 else 3
    if image.bands > colours + 1 or image.bands < colours:
        raise InputImageError(
            f"{path}: {image.bands} channels; save it as grey, RGB or CMYK, flattened"
        )
    alpha = image[image.bands - 1] / _maximum(image) if image.bands > colours else None
    colour = image.extract_band(0, n=colours) if alpha is not None else image
    rgb = _converted(colour)
    if alpha is not None:
        rgb = rgb * alpha + (1.0 - alpha)
    return rgb.cast("float").copy(interpretation="srgb")


def _maximum(image: Any) -> float:
    """The value of full intensity; float files count to one."""
    return _MAXIMUM[image.format]


def _converted(colour: Any) -> Any:
    """Grey, RGB or CMYK without transparency as float sRGB."""
    if colour.interpretation in _LAB:
        return colour.colourspace("rgb16") / 65535.0
    cmyk = colour.interpretation == "cmyk"
    profiled = bool(colour.get_typeof("icc-profile-data"))
    if is_float(colour) and not profiled:
        # libvips and most programs hold floating-point files to be linear light.
        return _three(colour).copy(interpretation="scrgb").colourspace("rgb16") / 65535.0
    if colour.format not in ("uchar", "ushort"):
        scaled = (colour / _maximum(colour)).clamp() * 65535.0
        kind = "cmyk" if cmyk else "grey16" if colour.bands == 1 else "rgb16"
        colour = scaled.rint().cast("ushort").copy(interpretation=kind)
    if profiled or cmyk:
        transformed = _profiled(colour, "cmyk" if cmyk else None)
        if transformed is not None:
            return transformed
    return _three(colour) / _maximum(colour)


def _three(image: Any) -> Any:
    """Grey as three equal bands."""
    return image if image.bands == 3 else image.bandjoin([image, image])


def _profiled(colour: Any, fallback: str | None) -> Any | None:
    """Through the embedded profile to sRGB; None if the profile does not fit the pixels."""
    options: dict[str, object] = {"embedded": True, "depth": 16, "black_point_compensation": True}
    if fallback:
        options["input_profile"] = fallback
    try:
        return colour.icc_transform("srgb", intent="relative", **options) / 65535.0
    except _vips.Error:
        if fallback:
            raise
        return None
