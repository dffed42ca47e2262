"""Fitting a print to a time: the iterations of its levels are what a budget changes."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.config import load as config
from pipeline.config.schema import Settings

_MOST = 4.0  # times the settings' own iterations; more would not be seen


def scaled(settings: Settings, factor: float) -> Settings:
    """The settings with the iterations of all levels above display multiplied by `factor`.

    A level that has none keeps none, others keep two.
    """
    iterations = config.level_iterations(settings)
    return config.with_level_iterations(
        settings, tuple(max(min(count, 2), round(count * factor)) for count in iterations)
    )


def fit_budget(
    settings: Settings, budget: float, seconds_of: Callable[[Settings], float]
) -> Settings:
    """Settings whose levels have as many iterations as fit into `budget` seconds.

    The display stage keeps its own: it decides the look and is cheap. A budget too small for two
    iterations a tile gives those; the print is always made at full size.
    """
    if not budget:
        return settings
    low, high = 0.0, _MOST
    for _ in range(12):
        middle = (low + high) / 2
        if seconds_of(scaled(settings, middle)) <= budget:
            low = middle
        else:
            high = middle
    return scaled(settings, low)
