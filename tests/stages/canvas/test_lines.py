"""Lines: where a photo has edges the image gets them, where it is plain it stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stages.canvas import lines

Pixels = NDArray[np.float32]


def stepped() -> Pixels:
    """Plain but for one edge in the middle."""
    photo = np.full((96, 128, 3), 0.3, np.float32)
    photo[:, 64:] = 0.7
    return photo


def waves() -> Pixels:
    """Level waves, as an optimizer's strokes."""
    down = 0.5 + 0.2 * np.sin(np.arange(96, dtype=np.float32) * 0.6)
    return np.repeat(np.repeat(down[:, None, None], 128, 1), 3, 2).astype(np.float32)


def test_an_edge_of_the_photo_comes_back() -> None:
    found = lines.redrawn(waves(), stepped(), 1.0)
    jump = float((found[:, 65] - found[:, 62]).mean())
    assert jump > 0.3
    assert float(found[20:76, 62].std()) < 0.5 * float(waves()[20:76, 62].std())


def test_plain_parts_keep_the_images_own_strokes() -> None:
    found = lines.redrawn(waves(), stepped(), 1.0)
    assert np.abs(found - waves())[:, :20].max() < 0.02


def test_half_the_share_is_half_the_way_and_none_is_nothing() -> None:
    image, photo = waves(), stepped()
    assert lines.redrawn(image, photo, 0.0) is image
    whole, half = (lines.redrawn(image, photo, share) - image for share in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


def test_a_plain_photo_changes_nothing() -> None:
    image = waves()
    assert lines.redrawn(image, np.full_like(image, 0.4), 1.0) is image


def test_values_stay_within_black_and_white() -> None:
    photo = stepped()
    photo[:, 64:] = 1.0
    found = lines.redrawn(np.ones_like(photo), photo, 1.0)
    assert found.min() >= 0 and found.max() <= 1 and found.dtype == np.float32
