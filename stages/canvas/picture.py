"""One image file as the user names it: PNG, JPEG or TIFF by its suffix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.canvas import _vips, files
from stages.canvas.printed.formats import PrintFormat, write_jpeg, write_tiff
from stages.canvas.printed.quantise import quantised
from stages.errors import InputImageError, UsageError

_SCREEN_DPI = 96.0
_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def check_suffix(path: Path) -> None:
    """Make sure that a file name says a format that can be written.

    Raises: `UsageError` if it does not.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"{path}: images are written as .png, .jpg or .tif; name the output accordingly"
        )


def write_image(src: Path, dst: Path, seed: int) -> None:
    """Write a canvas in 8 bits, dithered, in the format of the suffix of `dst`."""
    check_suffix(dst)
    form = PrintFormat(dpi=_SCREEN_DPI, seed=seed)
    suffix = dst.suffix.lower()
    if suffix == ".png":
        image = quantised(files.as_vips(src), form.bits, form.seed)
        image = image.copy(xres=form.dpi / 25.4, yres=form.dpi / 25.4)  # px per mm
        _vips.save(image, dst, "png", compression=9, profile="srgb", keep="icc")
    elif suffix in (".tif", ".tiff"):
        write_tiff(src, dst, form)
    else:
        write_jpeg(src, dst, form)


def write_array(pixels: NDArray[np.generic], dst: Path) -> None:
    """Write an array `(H, W, 3)` as a TIFF that is read back as it is, floats to 1/65535.

    It is uint8 from 0 to 255, or floats from 0 to 1, display-referred sRGB.
    Raises: `InputImageError` if it is something else.
    """
    array = np.asarray(pixels)
    if array.ndim != 3 or array.shape[2] != 3 or min(array.shape) < 1:
        raise InputImageError(f"an array of shape {array.shape}; a picture is (height, width, 3)")
    if array.dtype == np.uint8:
        whole, kind, space = array, "uchar", "srgb"
    elif np.issubdtype(array.dtype, np.floating):
        least, most = float(array.min()), float(array.max())
        if not (-0.01 <= least <= most <= 1.01):  # which is false of what is not a number, too
            raise InputImageError(f"floats from {least:g} to {most:g}; a picture's are 0 to 1")
        whole, kind, space = np.rint(np.clip(array, 0, 1) * 65535), "ushort", "rgb16"
    else:
        raise InputImageError(f"an array of {array.dtype}; a picture is uint8 or floats")
    whole = np.ascontiguousarray(whole, np.uint8 if kind == "uchar" else np.uint16)
    height, width, _ = whole.shape
    image = _vips.Image.new_from_memory(whole.data, width, height, 3, kind)
    _vips.save(image.copy(interpretation=space), dst, "tiff")
