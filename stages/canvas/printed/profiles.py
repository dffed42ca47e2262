"""Colour profiles of print files: canvases converted to them, and what they cannot hold.

`srgb` and `p3` (Display P3) come with libvips. `adobe-rgb` is a profile of the numbers of Adobe
RGB (1998) made with Little CMS, free to use; docs/printing.md says how. Any other name is that of
an ICC file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stages.canvas import _vips
from stages.canvas.streamed import streamed
from stages.errors import UsageError

SRGB = "srgb"
NAMES = (SRGB, "adobe-rgb", "p3")
PRESS = "cmyk"  # the generic press that comes with libvips
_ADOBE = Path(__file__).with_name("data") / "adobe-rgb-compatible.icc"
_SAMPLED = 1_000_000  # px that are looked at
SEEN = 3.0  # delta E 2000; what comes back from a profile more than that apart is outside of it


def source(profile: str) -> str:
    """The name or file of a profile, as libvips takes it."""
    return str(_ADOBE) if profile == "adobe-rgb" else profile


def space(path: Path) -> str:
    """The colour space of an ICC file, such as RGB, CMYK or GRAY.

    Raises: `UsageError` if it cannot be read or is no ICC profile.
    """
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        raise UsageError(
            f"{path}: the profile cannot be read ({error.strerror}); name an .icc file"
        ) from None
    if len(head) < 128 or head[36:40] != b"acsp":
        raise UsageError(f"{path}: no ICC profile; name an .icc file")
    return head[16:20].decode("ascii", "replace").strip()


def check(profile: str, *, proof: bool = False) -> None:
    """Make sure that colours can be converted to a profile, for files or for a soft `proof`.

    Raises: `UsageError` for a file that is no profile, is of the wrong kind, or is damaged.
    """
    if profile in ((PRESS,) if proof else NAMES):
        return
    found = space(Path(profile))
    needed = ("RGB", "CMYK") if proof else ("RGB",)
    if found not in needed:
        hint = "" if proof else "; for another, ask the lab for an RGB one, or use it to soft-proof"
        raise UsageError(f"{profile}: a profile of {found}; {' or '.join(needed)} is needed{hint}")
    try:
        to_lab(to_profile(_flat((0.5, 0.5, 0.5)), profile), profile).avg()
    except _vips.Error as error:
        raise UsageError(
            f"{profile}: nothing can be converted to this profile ({_vips.reason(error)})"
        ) from None


def _flat(colour: tuple[float, ...]) -> Any:
    return (_vips.Image.black(4, 4, bands=3) + list(colour)).cast("float")


def to_profile(image: Any, profile: str) -> Any:
    """A float sRGB image of 0 to 1 as 16-bit numbers of a profile; relative, black to black."""
    exact = (image.clamp() * 65535.0).rint().cast("ushort").copy(interpretation="rgb16")
    return exact.icc_transform(
        source(profile),
        input_profile=SRGB,
        intent="relative",
        black_point_compensation=True,
        depth=16,
    )


def to_lab(image: Any, profile: str) -> Any:
    """Numbers of a profile as CIELAB, relative to its white and black."""
    return image.icc_import(
        input_profile=source(profile), intent="relative", black_point_compensation=True, pcs="lab"
    )


def in_profile(image: Any, profile: str) -> Any:
    """A float sRGB image of 0 to 1 as float numbers of a profile, 0 to 1, to be quantised."""
    if profile == SRGB:
        return image
    return (to_profile(image, profile) / 65535.0).copy(interpretation=SRGB)


def colour_in(profile: str, colour: tuple[int, int, int], bits: int) -> list[int]:
    """An 8-bit sRGB colour in whole numbers of a profile."""
    top = 255 if bits == 8 else 65535
    flat = in_profile(_flat(tuple(channel / 255.0 for channel in colour)), profile)
    return [round(value * top) for value in flat.getpoint(0, 0)]


def outside_share(canvas: Path, profile: str) -> float:
    """The share of a canvas, 0 to 1, whose colours a profile cannot hold.

    A pixel is outside if it comes back from the profile more than `SEEN` apart, and much farther
    than what came back does when it goes there once more: that is the profile's own error (as
    Little CMS's gamut check does it). Every so many rows and columns are looked at.
    """
    image = streamed(canvas)
    step = max(1, int((image.width * image.height / _SAMPLED) ** 0.5))
    some = image.subsample(step, step).copy_memory()
    exact = (some.clamp() * 65535.0).rint().cast("ushort").copy(interpretation="rgb16")
    there = to_lab(exact, SRGB)
    back = _returned(there, profile)
    first, again = there.dE00(back), back.dE00(_returned(back, profile))
    return float(((first > SEEN) & (first > again * 2)).avg()) / 255.0


def _returned(lab: Any, profile: str) -> Any:
    """CIELAB to a profile and back."""
    options = {"intent": "relative", "black_point_compensation": True, "depth": 16}
    return to_lab(lab.icc_export(output_profile=source(profile), **options), profile)
