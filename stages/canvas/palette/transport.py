"""Optimal transport of one set of colours to another, as a smooth map.

A full transport tears: where the photo has one colour and the painting many, neighbours are sent
to colours far apart. Entropic regularisation (M. Cuturi, *Sinkhorn Distances*, 2013) sends every
colour to many at once, and their weighted mean is a smooth map that is defined everywhere: the
gradient of a convex function (A. Pooladian and J. Niles-Weed, *Entropic estimation of optimal
transport maps*, 2021, equation 7). So it turns no order round, never leaves the convex hull of the
painting's colours, and the mean of what it gives is exactly the painting's mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_COARSEST = 0.5  # where the regularisation begins; it is halved until it is as wanted
_ROUNDS, _LAST_ROUNDS = 30, 200  # of Sinkhorn's iterations at every regularisation
_ROWS = 4096  # positions mapped at a time, to bound memory
_TINY = 1e-30


@dataclass(frozen=True)
class Cloud:
    """Colours `(N, 3)` of any space and their shares `(N,)`, which sum to 1."""

    colours: Array
    shares: Array

    @property
    def mean(self) -> Array:
        """The mean colour, `(3,)`."""
        return np.asarray(self.shares @ self.colours)


def cloud(colours: NDArray[Any], weights: NDArray[Any], width: float, most: int = 2000) -> Cloud:
    """Colours `(N, 3)` with weights `(N,)` gathered in cells of `width`, each at its mean.

    Cells are made wider until at most `most` hold any; rare colours keep a cell of their own.

    Raises: `ValueError` if no weight is above zero.
    """
    seen = weights > 0
    if not seen.any():
        raise ValueError("no colour has a weight above zero")
    colours, weights = colours[seen].astype(np.float64), weights[seen].astype(np.float64)
    while True:
        cells = np.floor(colours / width).astype(np.int64)
        _, owner = np.unique(cells, axis=0, return_inverse=True)
        owner = owner.reshape(-1)
        if (count := int(owner.max()) + 1) <= most:
            break
        width *= 1.2
    mass = np.bincount(owner, weights, count)
    sums = [np.bincount(owner, weights * channel, count) for channel in colours.T]
    return Cloud(np.stack(sums, 1) / mass[:, None], mass / mass.sum())


@dataclass(frozen=True)
class Transport:
    """A smooth map onto `onto`: its dual potential `(M,)` there, and the regularisation."""

    onto: Cloud
    potential: Array
    epsilon: float

    def __call__(self, positions: Array) -> Array:
        """Where positions `(N, 3)` go: means of `onto` weighted by the plan."""
        parts = [
            self._some(positions[start : start + _ROWS])
            for start in range(0, len(positions), _ROWS)
        ]
        return np.concatenate(parts)

    def _some(self, positions: Array) -> Array:
        score = (self.potential - _cost(positions, self.onto.colours)) / self.epsilon
        score += np.log(self.onto.shares)
        score -= score.max(axis=1, keepdims=True)
        weight = np.exp(score.astype(np.float32)).astype(np.float64)
        return np.asarray(weight @ self.onto.colours / weight.sum(axis=1, keepdims=True))


def _cost(a: Array, b: Array) -> Array:
    """Half the squared distances, `(len(a), len(b))`."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None]
    return np.asarray(np.maximum(0.5 * squares - a @ b.T, 0.0))


def transport(source: Cloud, onto: Cloud, epsilon: float) -> Transport:
    """The entropic transport of `source` onto another cloud, by Sinkhorn's iterations.

    `epsilon` is in the squared units of the colours: what is nearer than its root is not told
    apart. It is approached from a coarse one, each time beginning at the potentials found before.
    """
    cost = _cost(source.colours, onto.colours)
    f, g = np.zeros(len(source.shares)), np.zeros(len(onto.shares))
    current = max(_COARSEST, epsilon)
    while True:
        rounds = _LAST_ROUNDS if current == epsilon else _ROUNDS
        f, g = _balanced(cost, source.shares, onto.shares, (f, g), current, rounds)
        if current == epsilon:
            return Transport(onto, g, epsilon)
        current = max(epsilon, current / 2)


def _balanced(
    cost: Array, a: Array, b: Array, start: tuple[Array, Array], epsilon: float, rounds: int
) -> tuple[Array, Array]:
    """Potentials after some iterations; logarithms first, so that no row is lost to underflow."""
    f = _softened(cost - start[1][None], b, epsilon)
    g = _softened((cost - f[:, None]).T, a, epsilon)
    kernel = np.exp(((f[:, None] + g[None] - cost) / epsilon).astype(np.float32))
    a32, b32 = a.astype(np.float32), b.astype(np.float32)
    u, v = np.ones_like(a32), np.ones_like(b32)
    for _ in range(rounds):
        u = 1 / np.maximum(kernel @ (b32 * v), _TINY)
        v = 1 / np.maximum((a32 * u) @ kernel, _TINY)
    return f + epsilon * np.log(u), g + epsilon * np.log(v)


def _softened(cost: Array, shares: Array, epsilon: float) -> Array:
    """Soft minimum of the rows of a cost, weighted by shares."""
    score = -cost / epsilon
    top = score.max(axis=1)
    total = np.exp((score - top[:, None]).astype(np.float32)) @ shares.astype(np.float32)
    return np.asarray(-epsilon * (top + np.log(np.maximum(total, _TINY))))
