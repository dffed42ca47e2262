"""Any colour space that image files come in, as sRGB between 0 and 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stages.canvas import _vips
from stages.canvas.inputs.declared import PLAIN, Meaning
from stages.canvas.inputs.encodings import decoded
from stages.errors import InputImageError

_GREY = ("b-w", "grey16")
_LAB = ("lab", "labs", "labq", "xyz", "lch", "yxy", "hsv", "oklab", "oklch")
_MAXIMUM = {
    "uchar": 255.0,
    "short": 32767.0,
    "ushort": 65535.0,
    "uint": 4294967295.0,
    "float": 1.0,
    "double": 1.0,
}


def is_float(image: Any) -> bool:
    """Whether the pixels are floating-point numbers."""
    return image.format in ("float", "double")


def has_extra(image: Any) -> bool:
    """Whether there is a band beyond the colours."""
    return bool(image.bands > _colours(image))


def extra_band(image: Any) -> Any:
    """The band beyond the colours, 0 to 1."""
    return image[image.bands - 1] / _maximum(image)


def to_srgb(image: Any, path: Path, meaning: Meaning = PLAIN) -> Any:
    """The image as float sRGB of three bands, 0 to 1, transparency laid over white.

    Raises: `InputImageError` naming `path` for a number of channels that is no picture.
    """
    colours = _colours(image)
    if image.bands > colours + 1 or image.bands < colours:
        raise InputImageError(
            f"{path}: {image.bands} channels; save it as grey, RGB or CMYK, flattened"
        )
    colour = image.extract_band(0, n=colours) if has_extra(image) else image
    alpha = opacity(image, meaning)
    rgb = _converted(colour, meaning)
    if alpha is not None:
        rgb = rgb * alpha + (1.0 - alpha)
    return rgb.cast("float").copy(interpretation="srgb")


def opacity(image: Any, meaning: Meaning = PLAIN) -> Any:
    """How opaque the image is, one band of 0 to 1; None if all of it is."""
    if not has_extra(image) or meaning.extra == "other":
        return None
    return extra_band(image)


def _colours(image: Any) -> int:
    return 4 if image.interpretation == "cmyk" else 1 if image.bands < 3 else 3


def _maximum(image: Any) -> float:
    """The value of full intensity; float files count to one."""
    return _MAXIMUM[image.format]


def _converted(colour: Any, meaning: Meaning) -> Any:
    """Grey, RGB, CMYK or Lab without transparency as float sRGB."""
    if meaning.lab:
        colour = _lab_of_bytes(colour, meaning.lab)
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
    if meaning.encoding is not None:
        return decoded(colour, meaning.encoding)
    return _three(colour) / _maximum(colour)


def _lab_of_bytes(colour: Any, kind: str) -> Any:
    """Lab of 8 bits a channel as numbers: a and b are two's complements, or lie above 128."""
    light, *rest = colour.bandsplit()
    if kind == "signed":
        rest = [(band > 127).ifthenelse(band - 256, band) for band in rest]
    else:
        rest = [band - 128 for band in rest]
    lab = (light * (100.0 / 255.0)).bandjoin(rest)
    return lab.cast("float").copy(interpretation="lab")


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
