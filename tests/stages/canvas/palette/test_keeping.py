from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from stages.canvas.palette import keeping, oklab
from stages.canvas.palette.recolouring import LUMA

REFERENCE = Path(__file__).parents[5] / "shared" / "recipes" / "reference.json"


def pair() -> tuple[Any, Any]:
    generator = np.random.default_rng(0)
    return generator.random((40, 50, 3), np.float32), generator.random((40, 50, 3), np.float32)


def chroma(pixels: Any) -> Any:
    return pixels - (pixels @ LUMA)[..., None]


def test_luma_keeps_the_photos_chroma_within_a_delta_e_of_one() -> None:
    """The photo, and what has the print's chroma at the photo's own luma, in CIELAB."""
    print_, photo = pair()
    found = keeping.kept(print_, photo, "luma")
    np.testing.assert_allclose(chroma(found), chroma(photo), atol=1e-5)
    again = (chroma(found) + (photo @ LUMA)[..., None]).astype(np.float32)
    lab, own = (cv2.cvtColor(each, cv2.COLOR_RGB2Lab) for each in (again, photo))
    assert np.linalg.norm(lab - own, axis=-1).max() < 1


def test_luma_is_the_prints_wherever_it_can_be_shown() -> None:
    print_, photo = pair()
    found, wanted = keeping.kept(print_, photo, "luma"), print_ @ LUMA
    least, most = -chroma(photo).min(-1), 1 - chroma(photo).max(-1)
    free = (wanted > least) & (wanted < most)
    assert 0.1 < free.mean() < 0.9
    np.testing.assert_allclose((found @ LUMA)[free], wanted[free], atol=1e-5)
    assert found.min() >= 0 and found.max() <= 1


def test_oklab_keeps_hue_and_strength_and_takes_the_lightness_as_far_as_it_can_be_shown() -> None:
    print_, photo = pair()
    found = oklab.of_srgb(keeping.kept(print_, photo, "oklab"))
    own, wanted = oklab.of_srgb(photo), oklab.of_srgb(print_)[..., 0]
    np.testing.assert_allclose(found[..., 1:], own[..., 1:], atol=3e-3)
    between = (found[..., 0] - own[..., 0]) * (wanted - own[..., 0])
    assert between.min() > -1e-3
    assert (np.abs(found[..., 0] - wanted) < 1e-3).mean() > 0.1


@pytest.mark.parametrize("how", ["luma", "oklab"])
def test_the_photo_itself_stays(how: keeping.Kept) -> None:
    _, photo = pair()
    np.testing.assert_allclose(keeping.kept(photo, photo, how), photo, atol=1e-4)


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference numbers lie elsewhere")
def test_luma_is_that_of_the_known_programs() -> None:
    reference = json.loads(REFERENCE.read_text())["colour"]
    name = "titu preserve_color (8-bit YCbCr of Pillow), generated pixels(400), photo pixels(401)"
    wanted = np.array(reference[name])
    print_, photo = (
        np.random.default_rng(seed).integers(0, 256, wanted.shape).reshape(-1, 3) / 255
        for seed in (400, 401)
    )
    found = keeping.with_luma(print_, photo, within=False) * 255
    apart = np.abs(np.clip(found, 0, 255) - wanted.reshape(-1, 3))
    assert apart.max() < 4  # Pillow rounds Y, Cb and Cr to whole numbers
