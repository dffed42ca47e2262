"""Lattices of colours: reading between the nodes, and the bounds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from stages.canvas import luminance
from stages.canvas.palette import lattice

Table = NDArray[np.float32]
TINY = 1e-5
CENTRE = np.array([0.5, 0.5, 0.5])


def wild(nodes: int = 7, seed: int = 0) -> Table:
    return np.random.default_rng(seed).random((nodes, nodes, nodes, 3), np.float32)


def held(nodes: int = 7) -> Table:
    return np.random.default_rng(9).random((nodes, nodes, nodes, 1), np.float32) * 30


def test_the_identity_leaves_colours() -> None:
    colours = np.random.default_rng(0).random((40, 50, 3), np.float32)
    found = lattice.read(lattice.identity(9), colours)
    assert found.shape == colours.shape and found.dtype == np.float32
    assert found == pytest.approx(colours, abs=1e-6)


def test_nodes_are_read_as_they_are() -> None:
    table = wild()
    assert lattice.read(table, lattice.identity(7)) == pytest.approx(table, abs=1e-5)


def test_straight_maps_are_read_exactly() -> None:
    turn = np.float32([[0.5, 0.2, 0.1], [0.1, 0.4, 0.2], [0.3, 0.1, 0.5]])
    colours = np.random.default_rng(1).random((500, 3), np.float32)
    assert lattice.read(lattice.identity(5) @ turn, colours) == pytest.approx(
        colours @ turn, abs=1e-5
    )


def test_greys_are_read_from_greys_alone() -> None:
    table = wild()
    index = np.arange(7)
    table[index, index, index] = np.linspace(0.1, 0.9, 7)[:, None]
    greys = np.repeat(np.linspace(0, 1, 100, dtype=np.float32)[:, None], 3, axis=1)
    assert lattice.read(table, greys) == pytest.approx(0.1 + 0.8 * greys, abs=1e-5)


def test_what_lies_outside_is_read_at_the_ends() -> None:
    table = wild()
    found = lattice.read(table, np.float32([[-1, -1, -1], [2, 2, 2]]))
    assert found == pytest.approx(table[[0, -1], [0, -1], [0, -1]])


def test_softening_leaves_straight_maps_and_calms_wild_ones() -> None:
    straight = lattice.identity(9) * np.float32(0.8) + np.float32(0.1)
    assert lattice.softened(straight, 0.7) == pytest.approx(straight, abs=1e-5)
    assert lattice.gain(lattice.softened(wild(), 1.0)) < 0.6 * lattice.gain(wild())


def test_gain_and_rise_of_known_maps() -> None:
    plain = lattice.identity(9)
    assert lattice.gain(plain) == pytest.approx(1, abs=1e-4)
    assert lattice.gain(0.5 * plain) == pytest.approx(0.5, abs=1e-4)
    assert lattice.least_rise(plain) > 0 > lattice.least_rise(1 - plain)


@pytest.mark.parametrize("limit", [1.0, 3.0])
def test_wild_maps_are_bounded_and_put_in_order(limit: float) -> None:
    found = lattice.bounded(wild(), limit, held(), CENTRE)
    assert lattice.gain(found) <= limit * 1.001
    assert lattice.least_rise(found) >= -TINY
    assert found.min() >= 0 and found.max() <= 1


def test_a_map_within_the_bounds_is_left_alone() -> None:
    table = 0.9 * lattice.identity(9) + np.float32(0.05)
    found = lattice.bounded(table, 2.0, np.zeros((9, 9, 9, 1), np.float32), CENTRE)
    assert found == pytest.approx(table, abs=1e-5)


def test_bounding_keeps_greys_grey() -> None:
    grey = np.repeat(wild()[..., :1], 3, axis=3)
    found = lattice.bounded(grey, 2.0, held(), CENTRE)
    assert np.ptp(found, axis=3).max() < 1e-5


@cache
def usual() -> Table:
    return lattice.bounded(wild(), 3.0, held(), CENTRE)


colour = arrays(np.float32, 3, elements=st.floats(0, 1, width=32))


@given(colour, colour)
def test_more_of_all_channels_is_never_darker(one: Table, other: Table) -> None:
    low, high = np.minimum(one, other), np.maximum(one, other)
    dark, light = lattice.read(usual(), np.stack([low, high])) @ luminance.WEIGHTS
    assert dark <= light + TINY


@given(colour, colour)
def test_no_two_colours_get_farther_apart_than_the_limit_allows(one: Table, other: Table) -> None:
    a, b = lattice.read(usual(), np.stack([one, other]))
    # Along the three axes one after the other.
    assert np.linalg.norm(a - b) <= 3.0 * np.abs(one - other).sum() + 1e-4
