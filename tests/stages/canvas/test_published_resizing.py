"""Resizing as published programs did it, against numbers computed apart from this project."""

from __future__ import annotations

import numpy as np
import pytest
from vectors import check_gradient, numbers, pixels

from stages.canvas.resample import Kernel, resized
from stages.tiles import Size, scales, sided

WANTED = numbers()["resize (rows x columns)"]
PILLOW: dict[Kernel, str] = {
    "nearest": "pillow nearest (keras 2.1+, hnarayanan)",
    "bilinear": "pillow bilinear (keras 2.0.9, titu, gatys)",
    "bicubic": "pillow bicubic (crowson, spst, color_transfer)",
}
CASES = [
    ("pixels(600) 9x7 to 12x10", pixels(600, (9, 7, 3)), Size(10, 12)),
    ("pixels(601) 12x10 to 5x4", pixels(601, (12, 10, 3)), Size(4, 5)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
@pytest.mark.parametrize("kernel", PILLOW)
def test_pillow_but_for_its_rounding(kernel: Kernel, case: tuple) -> None:
    name, source, size = case
    found = 255 * resized((source / 255).astype(np.float32), size, kernel=kernel)
    wanted = np.array(WANTED[PILLOW[kernel]][name], np.float32)
    apart = np.abs(found - wanted)
    if kernel == "nearest":
        assert apart.max() < 0.01
    else:  # Pillow rounds and clips to 8 bits in between, too
        assert np.quantile(apart, 0.95) < 1.3 and np.median(apart) < 0.5


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_torch7(case: tuple) -> None:
    name, source, size = case
    found = 255 * resized((source / 255).astype(np.float32), size, kernel="box")
    check_gradient(found, WANTED["torch7 bilinear (jcjohnson)"][name])


SIZES = {"1366x768": Size(1366, 768), "600x800": Size(600, 800), "1000x667": Size(1000, 667)}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    wanted, photo = numbers()["sizes"][name], SIZES[name]

    def found(box: Size, side: str, *, down: bool) -> list[int]:
        size = sided(photo, box, side, down=down)
        return [size.width, size.height]

    row, square = Size(533, 400), Size(512, 512)
    assert found(row, "height", down=True) == wanted["keras-io (w,h)"]
    assert found(row, "height", down=False) == wanted["dlwp2"]
    assert found(row, "height", down=True) == wanted["titu image_size 400"]
    assert found(square, "shorter", down=True) == wanted["gatys 512"]
    assert found(square, "longer", down=True) == wanted["jcjohnson 512"]
    assert found(square, "longer", down=False) == wanted["crowson 512"]
    assert found(square, "longer", down=True) == wanted["nnst 512"]


def test_crowsons_scales() -> None:
    path = scales(Size(512, 512), 4, [1000, 500], 2**0.5)
    assert [scale.size.width for scale in path] == numbers()["sizes"]["crowson scales 128..512"]
    assert [scale.iterations for scale in path] == [1000, 500, 500, 500, 500]
