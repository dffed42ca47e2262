"""The total variations against numbers computed apart from this project."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from vectors import NEAR, check_gradient, check_one, image, numbers, pixels

from stages.nst.terms import variation

CAFFE = np.array([103.939, 116.779, 123.68])


@pytest.mark.parametrize(
    "name", ["keras-io, dlwp2", "keras-2.0.9 (L-BFGS)", "dlwp1", "hnarayanan", "titu Network"]
)
def test_chollet(name: str) -> None:
    x = image(pixels(400)[..., ::-1] - CAFFE)
    check_one(x, variation.chollet(x), numbers()["losses"][name]["tv"])


def test_johnson_has_the_gradient_and_not_the_value() -> None:
    x = image(pixels(400)[..., ::-1] * (256 / 255) - CAFFE)
    value = variation.half_square(x)
    wanted = numbers()["losses"]["jcjohnson"]["tv (gradient alone; never in the loss)"]
    (gradient,) = torch.autograd.grad(wanted["weight"] * value, x)
    assert float(value.detach()) == pytest.approx(0, abs=NEAR)
    check_gradient(gradient, wanted["grad"])


def test_crowson() -> None:
    x = image(pixels(400) / 255)
    check_one(x, variation.nine(x), numbers()["losses"]["crowson"]["tv"])


def test_flat_pixels_have_none_and_a_gradient_of_zero() -> None:
    x = image(np.full((4, 5, 3), 0.3))
    for kind in (variation.chollet, variation.half_square, variation.nine):
        value = kind(x)
        assert float(value.detach()) == 0 and not torch.autograd.grad(value, x)[0].any()
