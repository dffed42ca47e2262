"""Tests of stages.canvas.ground."""

from __future__ import annotations

import numpy as np
import pytest

from stages.canvas.ground import Tooth, noise, roughened
from stages.tiles import Size

GREY = np.full((90, 120, 3), 0.5, np.float32)


def test_without_tooth_nothing_changes() -> None:
    assert np.array_equal(roughened(GREY, Tooth()), GREY)


def test_the_noise_is_grey_and_of_the_amount_asked_for() -> None:
    noise = roughened(GREY, Tooth(0.04, 3)) - GREY
    assert np.array_equal(noise[..., 0], noise[..., 2])
    assert noise[..., 0].std() == pytest.approx(0.04, rel=0.05)
    assert abs(noise.mean()) < 0.002


def test_it_is_as_strong_at_the_edges_as_inside() -> None:
    noise = roughened(np.full((300, 400, 3), 0.5, np.float32), Tooth(0.04))[..., 0] - 0.5
    border = np.concatenate([noise[:2].ravel(), noise[-2:].ravel(), noise[:, :2].ravel()])
    assert border.std() == pytest.approx(0.04, rel=0.1)


def test_no_direction_is_preferred() -> None:
    noise = roughened(np.full((256, 256, 3), 0.5, np.float32), Tooth(0.04))[..., 0] - 0.5
    across, down = np.diff(noise, axis=1).std(), np.diff(noise, axis=0).std()
    assert across == pytest.approx(down, rel=0.05)


@pytest.mark.parametrize("cut", [1, 7, 45, 89])
def test_bands_give_the_same_noise_as_the_whole(cut: int) -> None:
    tooth, size = Tooth(0.04, 5), Size(120, 90)
    rows = np.concatenate([noise(5, size, 0, cut), noise(5, size, cut, 90)])
    assert np.array_equal(GREY + np.float32(0.04) * rows[..., None], roughened(GREY, tooth))


def test_seeds_and_sizes_have_noise_of_their_own() -> None:
    one, other = roughened(GREY, Tooth(0.04, 1)), roughened(GREY, Tooth(0.04, 2))
    assert not np.array_equal(one, other)
    wider = roughened(np.full((90, 121, 3), 0.5, np.float32), Tooth(0.04, 1))
    assert not np.array_equal(one, wider[:, :120])


def test_values_stay_colours() -> None:
    rough = roughened(np.zeros((20, 20, 3), np.float32), Tooth(0.5))
    assert rough.min() == 0 and rough.max() <= 1 and rough.dtype == np.float32


def test_a_single_row_gets_it_too() -> None:
    assert roughened(np.full((1, 90, 3), 0.5, np.float32), Tooth(0.04)).std() > 0.02
