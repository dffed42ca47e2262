"""Inputs and numbers of published recipes, and how ours are compared with them.

The inputs are drawn from seeds: features are `(C, H, W)` in float64, images `(H, W, 3)` in 8 bits.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.nst.moments import LayerMoments

Array = NDArray[np.float64]
NEAR = 1e-4  # relative; what is asked of losses and gradients

ROWS, COLS = 12, 10
PIXELS = ROWS * COLS
FIVE = [(4, 12, 10), (6, 6, 5), (8, 6, 5), (8, 3, 2), (10, 2, 3)]
THIRTEEN = [FIVE[0]] * 2 + [FIVE[1]] * 2 + [FIVE[2]] * 3 + [FIVE[3]] * 3 + [FIVE[4]] * 3


@cache
def numbers() -> dict[str, Any]:
    """The whole file of numbers."""
    text = (Path(__file__).parent / "reference.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def normal(seed: int, shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def pixels(seed: int, shape: tuple[int, ...] = (ROWS, COLS, 3)) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def canvas(number: int) -> Array:
    """The canvas' features of one of five layers."""
    return normal(100 + number, FIVE[number])


def same_size(number: int) -> Array:
    """Features of a painting of the canvas' size."""
    return normal(200 + number, FIVE[number])


def own_size(number: int, seed: int = 220) -> Array:
    """Features of a painting of its own size."""
    c, h, w = FIVE[number]
    more = (1, 2) if seed == 220 else (2, 1)
    return normal(seed + number, (c, h + more[0], w + more[1]))


CONTENT, CONTENT_GOAL = normal(300, FIVE[2]), normal(301, FIVE[2])


def tensor(array: NDArray[Any]) -> Tensor:
    """As float64 that gradients are wanted of."""
    return torch.from_numpy(np.asarray(array, np.float64)).requires_grad_(True)


def moments(feature: Tensor) -> LayerMoments:
    """Moments of features `(C, H, W)` over all positions."""
    flat = feature.flatten(1).T
    return LayerMoments(float(len(flat)), flat.mean(dim=0), flat.T @ flat / len(flat))


def image(array: NDArray[Any]) -> Tensor:
    """Pixels `(H, W, 3)` as `(1, 3, H, W)` in float64."""
    return tensor(np.transpose(np.asarray(array, np.float64), (2, 0, 1))[None])


def check_gradient(gradient: Tensor | NDArray[Any], wanted: dict[str, Any]) -> None:
    """Compare the norm and five entries of a C-ordered gradient."""
    flat = np.asarray(gradient, np.float64).ravel()
    places = np.floor(np.linspace(0, flat.size - 1, 5)).astype(int)
    assert np.sqrt((flat**2).sum()) == pytest.approx(wanted["norm"], rel=NEAR)
    near = pytest.approx(wanted["at"], rel=NEAR, abs=NEAR * wanted["norm"] / flat.size**0.5)
    assert list(flat[places]) == near


def check_layers(inputs: list[Tensor], values: list[Tensor], wanted: dict[str, Any]) -> None:
    """Compare unweighted layers' losses, their weighted sum, and the gradient of each input."""
    assert [float(v.detach()) for v in values] == pytest.approx(
        wanted["unweighted_layers"], rel=NEAR
    )
    total = sum(w * v for w, v in zip(wanted["layer_weights"], values, strict=True))
    assert isinstance(total, Tensor)
    assert float(total.detach()) == pytest.approx(wanted["value"], rel=NEAR)
    for gradient, one in zip(torch.autograd.grad(total, inputs), wanted["grad"], strict=True):
        check_gradient(gradient, one)


def check_one(x: Tensor, value: Tensor, wanted: dict[str, Any]) -> None:
    """Compare one loss and the gradient of its weighted value."""
    assert float(value.detach()) == pytest.approx(wanted["unweighted"], rel=NEAR)
    (gradient,) = torch.autograd.grad(wanted["weight"] * value, x)
    check_gradient(gradient, wanted["grad"])
