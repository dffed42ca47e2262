"""Tests of stages.canvas.places.matching and stages.canvas.places.pricing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from painting import MANNER, made, painting, size_of, soft

from stages.canvas.files import Pixels
from stages.canvas.places import keys, matching, pricing
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.matching import Manner, Matches, blocks, looked_up, match
from stages.canvas.places.pricing import Pricing, priced
from stages.tiles import Rect, Size


def matched(found: Dictionary, canvas: Pixels, window: Rect, manner: Manner = MANNER) -> Matches:
    """Matches of a window, of whose surroundings the planes are the whole canvas's."""
    planes = keys.opponent(canvas, found.options.blur)[
        window.y : window.bottom, window.x : window.right
    ]
    free = np.zeros(len(found.places), np.float32)
    return match(found, np.ascontiguousarray(planes), window, size_of(canvas), free, manner)


def test_middles_lie_in_their_blocks_and_do_not_depend_on_the_region() -> None:
    size = Size(333, 222)
    whole = blocks(size, Rect(0, 0, 333, 222), MANNER, 4)
    part = blocks(size, Rect(96, 48, 80, 64), MANNER, 4)
    rows, columns = part.y.shape
    inside = slice(6, 6 + rows), slice(12, 12 + columns)
    assert (part.top, part.left) == (6, 12)
    for name in ("y", "x", "group"):
        assert np.array_equal(getattr(whole, name)[inside], getattr(part, name))
    assert np.array_equal(whole.y // 8, np.indices(whole.y.shape)[0])
    assert len(set((whole.y % 8).ravel())) > 2


def test_hardly_any_blocks_nearby_look_among_the_same_places() -> None:
    found = blocks(Size(800, 800), Rect(0, 0, 800, 800), MANNER, 16).group
    square = found[:4, 4:8]
    assert len(set(square.ravel())) == 16
    assert np.mean(found[:, 1:] == found[:, :-1]) < 0.05
    assert np.bincount(found.ravel(), minlength=16).min() > 500


def test_the_lookup_is_exact_among_its_group_and_minds_the_price() -> None:
    found = made()
    generator = np.random.default_rng(0)
    wanted = generator.normal(0, 0.3, (50, found.keys.shape[1])).astype(np.float32)
    group = generator.integers(0, 4, 50)
    prices = generator.random(len(found.places)).astype(np.float32) * 0.1
    best = looked_up(found, wanted, group, prices)
    for query, turn, number in zip(wanted, group, best, strict=True):
        own = np.arange(turn, len(found.places), 4)
        costs = np.square(found.keys[own] - query).sum(axis=1) + prices[own]
        assert number % 4 == turn
        cost = np.square(found.keys[number] - query).sum() + prices[number]
        assert cost == pytest.approx(costs.min(), rel=1e-4, abs=1e-5)


def test_a_tile_is_matched_as_the_whole_canvas_is() -> None:
    found, canvas = made(), soft(painting(400, 300, 5))
    whole = matched(found, canvas, Rect(0, 0, 400, 300))
    part = matched(found, canvas, Rect(96, 64, 240, 200))
    around = -(-matching.reach(MANNER, found.options) // 8)
    rows, columns = part.blocks.y.shape
    inner = part.places[around : rows - around, around : columns - around]
    top, left = part.blocks.top + around, part.blocks.left + around
    assert inner.size > 100
    assert np.array_equal(
        inner, whole.places[top : top + inner.shape[0], left : left + inner.shape[1]]
    )


def test_coherence_lets_neighbours_carry_on_from_one_place() -> None:
    found, canvas = made(count=1000), soft(painting(seed=3))

    def coherent(manner: Manner) -> float:
        m = matched(found, canvas, Rect(0, 0, 200, 150), manner)
        row = m.places[..., 1] - m.blocks.y
        column = m.places[..., 2] - m.blocks.x
        same = (row[:, 1:] == row[:, :-1]) & (column[:, 1:] == column[:, :-1])
        return float(same.mean())

    alone = coherent(replace(MANNER, rounds=0))
    assert coherent(MANNER) > alone + 0.05


def test_prices_make_use_even() -> None:
    found = made()
    planes = keys.opponent(soft(painting(200, 160, 2), 4), found.options.blur)
    where = blocks(Size(200, 160), Rect(0, 0, 200, 160), replace(MANNER, block=4), 4)
    asked = matching.queries(found, planes, (0, 0), where)
    group = where.group.ravel()

    def most(prices: np.ndarray) -> float:
        best = looked_up(found, asked, group, prices)
        count, areas = pricing._areas(found, 24)
        use = np.sort(np.bincount(areas[best], minlength=count))[::-1]
        return float(use[: len(use) // 10].sum() / use.sum())

    free = np.zeros(len(found.places), np.float32)
    prices = priced(found, asked, group, Pricing(relief=0.0, rate=0.1))
    assert prices.min() >= 0
    assert most(prices) < 0.9 * most(free)
    assert np.array_equal(prices, priced(found, asked, group, Pricing(relief=0.0, rate=0.1)))


def test_relief_makes_high_places_cheaper_where_flat_ones_are_chosen() -> None:
    found = made()
    planes = keys.opponent(np.full((160, 200, 3), 0.4, np.float32), found.options.blur)
    where = blocks(Size(200, 160), Rect(0, 0, 200, 160), MANNER, 4)
    asked = matching.queries(found, planes, (0, 0), where)
    prices = [
        priced(found, asked, where.group.ravel(), Pricing(relief=r, most=0.0)) for r in (0.0, 1.0)
    ]
    high = found.relief > found.relief.mean()
    assert prices[1][high].mean() < prices[1][~high].mean()
    assert np.all(prices[0] == 0)
