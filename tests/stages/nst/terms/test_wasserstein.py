"""crowsonkb's Wasserstein-2 loss against numbers computed apart from this project."""

from __future__ import annotations

import pytest
import torch
from vectors import NEAR, canvas, check_gradient, check_layers, moments, numbers, own_size, tensor

from stages.nst.moments import LayerMoments
from stages.nst.terms.wasserstein import square_root, wasserstein_loss


def test_one_painting() -> None:
    inputs = [tensor(canvas(i)) for i in range(3)]
    values = [
        wasserstein_loss(moments(x), moments(tensor(own_size(i)))) for i, x in enumerate(inputs)
    ]
    check_layers(inputs, values, numbers()["losses"]["crowson"]["style"])


def test_two_paintings_are_the_mean_of_their_moments() -> None:
    inputs, values = [tensor(canvas(i)) for i in range(3)], []
    for i, x in enumerate(inputs):
        one, two = moments(tensor(own_size(i))), moments(tensor(own_size(i, 240)))
        blend = LayerMoments(
            1.0, 0.25 * one.mean + 0.75 * two.mean, 0.25 * one.gram + 0.75 * two.gram
        )
        values.append(wasserstein_loss(moments(x), blend))
    check_layers(inputs, values, numbers()["losses"]["crowson"]["style, two at 1:3"])


def test_twelve_steps_are_not_the_root_where_places_are_few() -> None:
    wanted = numbers()["losses"]["crowson"][
        "fewer places (6) than channels (8): 12 steps are not the root"
    ]
    x = tensor(canvas(3))
    value = wasserstein_loss(moments(x), moments(tensor(own_size(3))))
    assert float(value.detach()) == pytest.approx(wanted["value"], rel=NEAR)
    assert wanted["value"] != pytest.approx(wanted["value with exact roots"], rel=1e-3)
    check_gradient(torch.autograd.grad(value, x)[0], wanted["grad"])


def test_a_root_is_one() -> None:
    a = torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    matrix = a @ a.T + torch.eye(6)
    assert torch.allclose(square_root(matrix) @ square_root(matrix), matrix, rtol=1e-6)


def test_what_is_no_covariance_has_a_root_all_the_same() -> None:
    axes = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(0)))[0]
    values = torch.tensor([3.0, 2.0, 1.0, 0.5, 0.2, -0.4])
    crooked = (axes * values) @ axes.T
    crooked.requires_grad_(True)
    root = square_root(crooked)
    assert torch.isfinite(root).all()
    nearest = (axes * values.clamp(min=0)) @ axes.T
    assert (root.detach() @ root.detach() - nearest).norm() < 0.02 * nearest.norm()
    root.sum().backward()  # type: ignore[no-untyped-call]
    assert crooked.grad is not None and torch.isfinite(crooked.grad).all()
