"""RGB encodings that are told by numbers instead of an ICC profile: primaries, white, transfer.

Matrices by B. Lindbloom, *RGB/XYZ Matrices* and *Chromatic Adaptation* (Bradford); the numbers of
cICP are those of ITU-T H.273, tables 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.canvas import _vips

Array = NDArray[np.float64]
Point = tuple[float, float]

D65: Point = (0.3127, 0.3290)
SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_SAME = 0.002  # of chromaticities: what programs round sRGB's to
_SAME_GAMMA = 0.05  # 2.2 stands for sRGB's own curve


@dataclass(frozen=True)
class Encoding:
    """How numbers mean colours: `gamma` is a power, or "srgb" or "bt709" for those curves."""

    name: str
    primaries: tuple[Point, Point, Point] = SRGB_PRIMARIES
    white: Point = D65
    gamma: float | str = "srgb"

    @property
    def is_srgb(self) -> bool:
        """Whether the numbers are sRGB's, or as near as programs write them."""
        pairs = zip((*self.primaries, self.white), (*SRGB_PRIMARIES, D65), strict=True)
        near = all(
            abs(a - b) <= _SAME for one, other in pairs for a, b in zip(one, other, strict=True)
        )
        curve = self.gamma == "srgb" or (
            isinstance(self.gamma, float) and abs(self.gamma - 2.2) <= _SAME_GAMMA
        )
        return near and curve


ADOBE_RGB = Encoding("Adobe RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, 563 / 256)

_BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_EBU = ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06))
_SMPTE = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
CICP_PRIMARIES: dict[int, tuple[str, tuple[Point, Point, Point], Point]] = {
    1: ("BT.709", SRGB_PRIMARIES, D65),
    2: ("unspecified primaries", SRGB_PRIMARIES, D65),
    5: ("BT.470 B/G", _EBU, D65),
    6: ("BT.601", _SMPTE, D65),
    7: ("SMPTE 240M", _SMPTE, D65),
    9: ("BT.2020", _BT2020, D65),
    11: ("DCI P3", _P3, (0.314, 0.351)),
    12: ("Display P3", _P3, D65),
}
CICP_TRANSFERS: dict[int, float | str] = {
    1: "bt709", 2: "srgb", 4: 2.2, 5: 2.8, 6: "bt709", 8: 1.0, 13: "srgb", 14: "bt709", 15: "bt709",
}  # fmt: skip


def decoded(image: Any, encoding: Encoding) -> Any:
    """An image of 8 or 16 bits, grey or RGB, of that encoding as float sRGB, 0 to 1."""
    if image.format == "uchar":
        image = image.cast("ushort") * 257
    curve = _table_image(_linear(encoding.gamma))
    linear = image.cast("ushort").maplut(curve)
    if linear.bands == 1:
        linear = linear.bandjoin([linear, linear])
    else:
        linear = linear.recomb(to_linear_srgb(encoding).tolist())
    return linear.copy(interpretation="scrgb").colourspace("rgb16") / 65535.0


def _table_image(table: NDArray[np.float32]) -> Any:
    return _vips.Image.new_from_array(table[None])


@cache
def _linear(gamma: float | str) -> NDArray[np.float32]:
    """Linear light of every number of 16 bits."""
    x = np.linspace(0.0, 1.0, 65536)
    if gamma == "srgb":
        found = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    elif gamma == "bt709":
        found = np.where(x < 0.081, x / 4.5, ((x + 0.099) / 1.099) ** (1 / 0.45))
    else:
        found = x ** float(gamma)
    return found.astype(np.float32)


def to_linear_srgb(encoding: Encoding) -> Array:
    """Matrix (3, 3) from linear RGB of an encoding to linear sRGB, white to white."""
    source = _to_xyz(encoding.primaries, encoding.white)
    one, other = (_BRADFORD @ _xyz(white) for white in (encoding.white, D65))
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(other / one) @ _BRADFORD
    found: Array = np.linalg.inv(_to_xyz(SRGB_PRIMARIES, D65)) @ adapted @ source
    return found


def _to_xyz(primaries: tuple[Point, Point, Point], white: Point) -> Array:
    """Matrix from linear RGB to XYZ.

    Raises: `LinAlgError` for primaries that lie on one line.
    """
    columns = np.stack([_xyz(point) for point in primaries], axis=1)
    found: Array = columns * np.linalg.solve(columns, _xyz(white))
    return found


def _xyz(point: Point) -> Array:
    x, y = point
    return np.array([x / y, 1.0, (1.0 - x - y) / y])
