"""OKLab: there and back, and greys without colour."""

from __future__ import annotations

import numpy as np
import pytest

from stages.canvas.palette import oklab


def test_colours_come_back() -> None:
    colours = np.random.default_rng(0).random((500, 3))
    assert oklab.to_srgb(oklab.of_srgb(colours)) == pytest.approx(colours, abs=1e-6)


def test_greys_have_no_colour_and_white_is_one() -> None:
    greys = np.repeat(np.linspace(0, 1, 9)[:, None], 3, axis=1)
    lab = oklab.of_srgb(greys)
    assert abs(lab[:, 1:]).max() < 1e-6
    assert lab[-1, 0] == pytest.approx(1, abs=1e-6)
    assert (np.diff(lab[:, 0]) > 0).all()


def test_published_values() -> None:
    red = oklab.of_srgb(np.array([1.0, 0.0, 0.0]))
    assert red == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)


def test_negative_light_gives_numbers() -> None:
    assert np.isfinite(oklab.to_srgb(np.array([[0.1, 0.3, -0.3], [0.0, 0.0, 0.0]]))).all()
