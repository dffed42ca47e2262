"""Lines: where a photo has edges the image gets them, where it is plain it stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from stages.canvas import lines
from stages.canvas.luminance import luminance

Pixels = NDArray[np.float32]


def finest(plane: Pixels) -> Pixels:
    return np.asarray(plane - cv2.GaussianBlur(plane, (0, 0), 1.0), np.float32)


def stepped() -> Pixels:
    """Plain but for one edge in the middle."""
    photo = np.full((96, 128, 3), 0.3, np.float32)
    photo[:, 64:] = 0.7
    return photo


def waves() -> Pixels:
    """Level waves, as an optimizer's strokes."""
    down = 0.5 + 0.2 * np.sin(np.arange(96, dtype=np.float32) * 0.6)
    return np.repeat(np.repeat(down[:, None, None], 128, 1), 3, 2).astype(np.float32)


def redrawn(image: Pixels, photo: Pixels, share: float) -> Pixels:
    """With the lines of a photo that has the painting's colours and contrast already."""
    return lines.redrawn(image, photo, photo, share, lines.contrast(photo)).pixels


def test_an_edge_of_the_photo_comes_back() -> None:
    found = redrawn(waves(), stepped(), 1.0)
    jump = float((found[:, 65] - found[:, 62]).mean())
    assert jump > 0.3
    assert float(found[20:76, 62].std()) < 0.5 * float(waves()[20:76, 62].std())


def test_plain_parts_keep_the_images_own_strokes() -> None:
    found = redrawn(waves(), stepped(), 1.0)
    assert np.abs(found - waves())[:, :20].max() < 0.02


def test_half_the_share_is_half_the_way_and_none_is_nothing() -> None:
    image, photo = waves(), stepped()
    assert redrawn(image, photo, 0.0) is image
    whole, half = (redrawn(image, photo, share) - image for share in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)


def test_a_plain_photo_changes_nothing() -> None:
    image = waves()
    assert redrawn(image, np.full_like(image, 0.4), 1.0) is image


def test_values_stay_within_black_and_white() -> None:
    photo = stepped()
    photo[:, 64:] = 1.0
    found = redrawn(np.ones_like(photo), photo, 1.0)
    assert found.min() >= 0 and found.max() <= 1 and found.dtype == np.float32


def test_an_edge_that_the_palette_wiped_out_comes_back_in_its_lightness() -> None:
    image, photo = np.full((96, 128, 3), 0.5, np.float32), stepped()
    toned = np.broadcast_to(np.float32([0.6, 0.5, 0.4]), photo.shape).copy()
    found = lines.redrawn(image, toned, photo, 1.0, lines.contrast(photo)).pixels
    assert float((found[:, 66] - found[:, 61]).mean()) > 0.2
    np.testing.assert_allclose(np.ptp(found - image, axis=-1), 0, atol=1e-5)


def test_lines_get_the_contrast_that_is_wanted() -> None:
    photo = stepped()
    image = np.full_like(photo, 0.5)

    def contrast(wanted: float) -> float:
        return lines.contrast(lines.redrawn(image, photo, photo, 1.0, wanted).pixels)

    own = lines.contrast(photo)
    assert contrast(2 * own) == pytest.approx(2 * contrast(own), rel=0.05)
    assert contrast(9 * own) == pytest.approx(contrast(3 * own))  # what lies deeper is noise


def test_half_of_an_edge_that_the_paint_lacks_is_held_and_only_there() -> None:
    photo, paint = stepped(), waves()
    lined = lines.redrawn(paint, photo, photo, 1.0, lines.contrast(photo))
    held = lined.held(paint)
    wanted, before, after = (
        float((image[:, 66] - image[:, 61]).mean()) for image in (lined.pixels, paint, held)
    )
    assert (after - before) / (wanted - before) == pytest.approx(0.5, abs=0.15)
    assert np.abs(held - paint)[:, :20].max() < 0.03


def test_held_paint_keeps_its_hues_and_its_finest_contrast() -> None:
    photo = stepped()
    grain = np.random.default_rng(1).normal(0, 0.03, (96, 128, 1)).astype(np.float32)
    paint = (waves() * np.array([0.9, 0.7, 0.5], np.float32) + grain).astype(np.float32)
    held = lines.redrawn(paint, photo, photo, 1.0, lines.contrast(photo)).held(paint)
    np.testing.assert_allclose(np.ptp(held - paint, axis=-1), 0, atol=1e-5)
    fine = [float(finest(luminance(image)).std()) for image in (paint, held)]
    assert fine[1] == pytest.approx(fine[0], rel=0.015)


def test_without_lines_paint_stays_as_it_is() -> None:
    image = waves()
    assert np.array_equal(lines.redrawn(image, stepped(), stepped(), 0.0, 0.1).held(image), image)
