"""What a picture starts from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from vectors import check_gradient, numbers, pixels

from stages.canvas import starts
from stages.canvas.starts import Start, begun, noise
from stages.tiles import Rect

PHOTO = np.random.default_rng(0).random((20, 30, 3), np.float32)


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_noise_is_the_same_for_any_tiling(kind: str) -> None:
    whole = noise(kind, 7, Rect(0, 0, 60, 40))
    for part in (Rect(0, 0, 16, 16), Rect(13, 9, 20, 31), Rect(59, 39, 1, 1)):
        found = noise(kind, 7, part)
        assert np.array_equal(found, whole[part.y : part.bottom, part.x : part.right])
    assert not np.array_equal(noise(kind, 8, Rect(0, 0, 60, 40)), whole)


def test_noise_is_spread_as_it_says() -> None:
    uniform, normal = (noise(kind, 0, Rect(0, 0, 200, 200)) for kind in ("uniform", "normal"))
    assert uniform.min() >= -1 and uniform.max() <= 1 and abs(uniform.mean()) < 0.01
    assert uniform.std() == pytest.approx(1 / 3**0.5, rel=0.01)
    assert normal.std() == pytest.approx(1, rel=0.01) and abs(normal.mean()) < 0.01


def test_photo_painting_and_ground() -> None:
    painting = 1 - PHOTO
    assert begun(Start("photo"), PHOTO) is PHOTO
    assert begun(Start("painting"), PHOTO, painting) is painting
    assert np.allclose(begun(Start("grey", (0.1, 0.2, 0.3)), PHOTO), (0.1, 0.2, 0.3))


def test_log0s_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: NDArray[np.float64] = np.random.default_rng(830).uniform(-20, 20, (12, 10, 3))
    monkeypatch.setattr(starts, "noise", lambda *_: (drawn / 20).astype(np.float32))
    mean = np.array([123.68, 116.779, 103.939])
    start = Start("mixed", tuple(mean / 255), photo=0.4, amount=0.6 * 20 / 255)
    found = begun(start, (pixels(401) / 255).astype(np.float32))
    wanted = numbers()["init"][
        "log0: 0.6 noise(-20,20; default_rng(830)) + 0.4 photo pixels(401) less its mean, "
        "(12,10,3) RGB"
    ]
    check_gradient(255 * found - mean, wanted)
