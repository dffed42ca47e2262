"""Fitting a print to a time: iterations, within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.planning import fitting


def settings(**changed: object) -> Settings:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    return config.load(Path(os.devnull), {"style.matching": "moments"} | overrides)


def seconds(of: Settings) -> float:
    """As if all the work were tiles."""
    return float(sum(of.levels.iterations))


def test_a_budget_is_filled_but_not_overrun() -> None:
    whole = seconds(settings())
    for share in (0.4, 0.7, 1.5):
        fitted = fitting.fit_budget(settings(), share * whole, seconds)
        assert 0.9 * share * whole < seconds(fitted) <= share * whole
        assert fitted.display == settings().display and fitted.print == settings().print


def test_a_tiny_budget_gives_the_least_and_a_huge_one_the_most() -> None:
    least = fitting.fit_budget(settings(), 1e-6, seconds)
    assert least.levels.iterations == (2, 2, 2, 2)
    most = fitting.fit_budget(settings(), 1e12, seconds)
    for found, own in zip(most.levels.iterations, settings().levels.iterations, strict=True):
        assert found == pytest.approx(4 * own, rel=0.01)


def test_no_budget_changes_nothing() -> None:
    assert fitting.fit_budget(settings(), 0, seconds) == settings()


def test_scaled_iterations_are_at_least_two() -> None:
    assert fitting.scaled(settings(levels_iterations="100,9"), 0.1).levels.iterations == (10, 2)


def test_the_iterations_that_count_are_those_of_the_way_of_matching() -> None:
    both = fitting.scaled(settings(style_matching="both", paint_iterations="40,20,8,0"), 0.1)
    assert both.paint.iterations == (4, 2, 2, 0)  # a level without any keeps none
    assert both.levels == settings().levels
    places = settings(style_matching="places")
    assert fitting.scaled(places, 2.0) == places
