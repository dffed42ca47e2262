"""Loss curves as records keep them: thinned and rounded."""

from __future__ import annotations

_POINTS = 25  # of a loss curve, as it is kept in a record and drawn


def thinned(curve: tuple[float, ...]) -> list[float]:
    """At most `_POINTS` losses of a curve, evenly from its first to its last, rounded."""
    last, steps = len(curve) - 1, min(len(curve), _POINTS) - 1
    picked = [round(step * last / steps) for step in range(steps + 1)] if steps > 0 else [0]
    return [float(f"{curve[index]:.5g}") for index in picked]


def ends(curve: tuple[float, ...]) -> dict[str, float]:
    """First, last and least loss of a curve, rounded: what the report shows."""
    return {
        "first": float(f"{curve[0]:.5g}"),
        "last": float(f"{curve[-1]:.5g}"),
        "least": float(f"{min(curve):.5g}"),
    }
