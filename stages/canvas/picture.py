"""One image file as the user names it: PNG, JPEG or TIFF by its suffix."""

from __future__ import annotations

from pathlib import Path

from stages.canvas import _vips, files
from stages.canvas.printed.formats import PrintFormat, write_jpeg, write_tiff
from stages.canvas.printed.quantise import quantised
from stages.errors import UsageError

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
