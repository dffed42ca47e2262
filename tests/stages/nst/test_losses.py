"""Losses: zero at their target, the same at every scale, and gradients that are numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stages.nst import losses
from stages.nst.moments import LayerMoments, Moments

WEIGHTS = {"relu1_1": 1.0, "relu2_1": 3.0}


def features(seed: int, scale: float = 1.0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"relu1_1": (50, 4), "relu2_1": (30, 6)}
    return {n: scale * torch.rand(*shape, generator=generator) for n, shape in shapes.items()}


def moments(table: dict[str, Tensor]) -> Moments:
    return Moments(
        {n: LayerMoments(float(len(f)), f.mean(0), f.T @ f / len(f)) for n, f in table.items()}
    )


def distance(one: int, other: int, *, scale: float = 1.0, with_std: bool = False) -> float:
    found, goal = moments(features(one, scale)), moments(features(other, scale))
    return float(losses.style_loss(found, goal, goal, WEIGHTS, with_std=with_std))


@pytest.mark.parametrize("with_std", [False, True])
def test_style_loss_is_zero_at_its_target_and_only_there(with_std: bool) -> None:
    assert distance(1, 1, with_std=with_std) == 0
    assert distance(1, 2, with_std=with_std) > 1e-3


@pytest.mark.parametrize("with_std", [False, True])
@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_style_loss_does_not_depend_on_the_features_size(scale: float, with_std: bool) -> None:
    same = distance(1, 2, scale=scale, with_std=with_std)
    assert same == pytest.approx(distance(1, 2, with_std=with_std), rel=1e-3)


def test_no_style_at_all_costs_one() -> None:
    nothing = moments({n: torch.zeros_like(f) for n, f in features(1).items()})
    style = moments(features(1))
    assert float(losses.style_loss(nothing, style, style, WEIGHTS)) == pytest.approx(1.0)


def test_layers_count_by_their_share() -> None:
    found, style = moments(features(1)), moments(features(2))
    doubled = {name: 2 * weight for name, weight in WEIGHTS.items()}
    parts = [
        float(losses.style_loss(found, style, style, {name: 1.0})) * WEIGHTS[name] / 4
        for name in WEIGHTS
    ]
    whole = float(losses.style_loss(found, style, style, WEIGHTS))
    assert whole == pytest.approx(sum(parts))
    assert float(losses.style_loss(found, style, style, doubled)) == pytest.approx(whole)


def test_statistics_with_std_see_a_shift_of_the_mean() -> None:
    style = moments(features(2))
    shifted = Moments(
        {n: LayerMoments(m.count, m.mean + 0.1, m.gram) for n, m in style.layers.items()}
    )
    assert float(losses.style_loss(shifted, style, style, WEIGHTS)) == 0
    assert float(losses.style_loss(shifted, style, style, WEIGHTS, with_std=True)) > 1e-3


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_gradients_of_flat_features_are_finite(value: float) -> None:
    flat = {n: torch.full_like(f, value, requires_grad=True) for n, f in features(1).items()}
    style = moments(features(2))
    loss = losses.style_loss(moments(flat), style, style, WEIGHTS, with_std=True)
    for gradient in torch.autograd.grad(loss, list(flat.values())):
        assert torch.isfinite(gradient).all()


def test_content_loss_and_its_gradient_are_those_of_the_formula(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(losses, "_CHUNK", 64)  # of several parts, the last one shorter
    feature, target = features(1)["relu1_1"].requires_grad_(True), features(2)["relu1_1"]
    (gradient,) = torch.autograd.grad(3 * losses.content_loss(feature, target, 0.7), feature)
    plain = 3 * (feature - target).square().mean() / 0.7
    assert torch.allclose(gradient, torch.autograd.grad(plain, feature)[0])
    assert float(3 * losses.content_loss(feature, target, 0.7).detach()) == pytest.approx(
        float(plain.detach())
    )


def test_content_loss() -> None:
    target = torch.rand(40, 5)
    assert float(losses.content_loss(target, target, 2.0)) == 0
    energy = float(target.square().mean())
    assert float(losses.content_loss(0 * target, target, energy)) == pytest.approx(1.0)
    one = losses.content_loss(torch.zeros(40, 5), target, energy)
    assert float(losses.content_loss(torch.zeros(40, 5), 10 * target, 100 * energy)) == (
        pytest.approx(float(one))
    )


def picture(values: Tensor) -> Tensor:
    return values.expand(1, 3, *values.shape[-2:])


def test_smoothness_leaves_ramps_alone() -> None:
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    for flat in (torch.ones(20, 30), x / 30, y / 20, (x + 2 * y) / 70):
        assert float(losses.smoothness(picture(flat))) < 1e-10


def test_smoothness_weighs_on_grain_more_than_on_strokes() -> None:
    y, x = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    grain = losses.smoothness(picture(((x + y) % 2).float()))
    strokes = losses.smoothness(picture((x // 8 % 2).float()))
    assert float(grain) > 10 * float(strokes) > 0


def test_smoothness_is_the_same_sideways() -> None:
    image = picture(torch.rand(20, 20))
    turned = losses.smoothness(image.transpose(-1, -2))
    assert float(losses.smoothness(image)) == pytest.approx(float(turned), rel=1e-5)


def test_out_of_range_starts_at_black_and_white() -> None:
    assert float(losses.out_of_range(picture(torch.linspace(0, 1, 12).reshape(3, 4)))) == 0
    beyond = torch.tensor([[-0.5, 1.5], [0.0, 1.0]], requires_grad=True)
    loss = losses.out_of_range(picture(beyond))
    assert float(loss.detach()) == pytest.approx(0.125)
    (gradient,) = torch.autograd.grad(loss, beyond)
    assert gradient[0, 0] < 0 < gradient[0, 1]
    assert gradient[1].tolist() == [0, 0]
