"""Entropic transport: marginals, means, order, smoothness."""

from __future__ import annotations

import numpy as np
import pytest

from stages.canvas.palette.transport import Cloud, cloud, transport


def line(*values: float) -> Cloud:
    colours = np.zeros((len(values), 3))
    colours[:, 0] = values
    return Cloud(colours, np.full(len(values), 1 / len(values)))


def test_a_cloud_keeps_mean_and_shares() -> None:
    generator = np.random.default_rng(0)
    colours, weights = generator.random((3000, 3)), generator.random(3000)
    found = cloud(colours, weights, 0.2)
    assert found.shares.sum() == pytest.approx(1)
    assert found.mean == pytest.approx(np.average(colours, axis=0, weights=weights))


def test_a_cloud_is_bounded_and_keeps_rare_colours() -> None:
    colours = np.random.default_rng(0).random((5000, 3)) * 0.5
    colours[0] = 1.0
    found = cloud(colours, np.ones(5000), 0.01, most=300)
    assert len(found.shares) <= 300
    assert (found.colours == 1.0).all(axis=1).any()


def test_colours_without_weight_do_not_count() -> None:
    found = cloud(np.array([[0.1, 0.1, 0.1], [0.9, 0.9, 0.9]]), np.array([1.0, 0.0]), 0.05)
    assert found.colours == pytest.approx(np.full((1, 3), 0.1))
    with pytest.raises(ValueError, match="above zero"):
        cloud(np.zeros((2, 3)), np.zeros(2), 0.05)


def test_the_mean_of_what_comes_out_is_the_target_s() -> None:
    generator = np.random.default_rng(1)
    a = cloud(generator.random((400, 3)) * 0.3, np.ones(400), 0.05)
    b = cloud(generator.random((400, 3)) ** 2, np.ones(400), 0.05)
    moved = transport(a, b, 0.002)(a.colours)
    assert a.shares @ moved == pytest.approx(b.mean, abs=2e-3)


def test_order_along_a_line_is_kept_and_ends_meet() -> None:
    moved = transport(line(0.4, 0.45, 0.5, 0.55, 0.6), line(0.0, 0.1, 0.5, 0.8, 1.0), 0.0005)
    places = np.zeros((101, 3))
    places[:, 0] = np.linspace(0, 1, 101)
    found = moved(places)[:, 0]
    assert (np.diff(found) >= -1e-6).all()
    assert found[40] == pytest.approx(0.0, abs=0.05) and found[60] == pytest.approx(1.0, abs=0.05)


def test_nothing_leaves_the_hull_of_the_target() -> None:
    b = line(0.2, 0.7)
    moved = transport(line(0.1, 0.5, 0.9), b, 0.001)(np.random.default_rng(0).random((50, 3)))
    assert moved[:, 0].min() >= 0.2 - 1e-6 and moved[:, 0].max() <= 0.7 + 1e-6
    assert abs(moved[:, 1:]).max() < 1e-9


def test_one_colour_onto_many_becomes_their_mean_smoothly() -> None:
    moved = transport(line(0.5), line(0.0, 1.0), 0.01)
    places = np.zeros((101, 3))
    places[:, 0] = np.linspace(0, 1, 101)
    found = moved(places)[:, 0]
    assert found[50] == pytest.approx(0.5, abs=1e-3)
    # The slope is at most the variance of the target over the regularisation.
    assert np.diff(found).max() <= 0.01 * 0.25 / 0.01 * 1.01


def test_far_apart_clouds_do_not_underflow() -> None:
    moved = transport(line(0.0, 0.01), line(1.99, 2.0), 0.0005)
    assert moved(np.array([[0.0, 0.0, 0.0]]))[0, 0] == pytest.approx(1.995, abs=0.01)
