"""Reading an image in one go gives the numbers and the gradients of the plain way."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stages.nst import banded as bands
from stages.nst import features as reading
from stages.nst.features import Reading, Wanted, read
from stages.nst.moments import of_features, positions
from stages.nst.network import Encoder
from stages.nst.studio import Studio
from stages.tiles import Rect

CORE, WRITE = Rect(16, 32, 64, 48), Rect(16, 16, 96, 64)


@pytest.fixture(params=[2, 4], ids=["pool 2", "pool 4"])
def encoder(studio: Studio, request: pytest.FixtureRequest) -> Encoder:
    design = replace(studio.design, pool=request.param)
    table = {}
    for name, conv in zip(studio.encoder.names, studio.encoder.convolutions, strict=True):
        table[f"{name}.weight"], table[f"{name}.bias"] = conv.weight, conv.bias
    return Encoder(design, table)


def wanted(encoder: Encoder) -> Wanted:
    style = tuple(name for name, _ in encoder.architecture.style)
    return Wanted(style, CORE, ("relu4_1",), WRITE)


def plainly(encoder: Encoder, image: Tensor) -> Reading:
    """With one autograd operation after another."""
    what = wanted(encoder)
    features = encoder(image, {*what.style, *what.content})
    style = {name: features[name] for name in what.style}
    return Reading(
        of_features(style, encoder.architecture, CORE),
        {"relu4_1": positions(features["relu4_1"], WRITE, 8)},
    )


def loss(found: Reading) -> Tensor:
    """Something that depends on every number read, each with a slope of its own."""
    total = torch.zeros(())
    for one in found.moments.layers.values():
        ramp = torch.linspace(-1, 1, one.gram.numel()).view_as(one.gram)
        total = total + (one.gram * ramp).sum() + (one.gram**2).sum() + one.mean.square().sum()
    return total + (found.content["relu4_1"] ** 3).mean()


@pytest.mark.parametrize("chunk", [1, 500, 1 << 18])
@pytest.mark.parametrize("band", [1, 50_000, 1 << 22])
def test_numbers_and_gradient_are_those_of_the_plain_way(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch, chunk: int, band: int
) -> None:
    monkeypatch.setattr(reading, "CHUNK", chunk)
    monkeypatch.setattr(bands, "BAND", band)
    torch.manual_seed(0)  # of some images a feature lies on the edge of its ReLU
    image = torch.rand(1, 3, 96, 128, requires_grad=True)
    ours, theirs = read(encoder, image, wanted(encoder)), plainly(encoder, image)
    for name, one in theirs.moments.layers.items():
        found = ours.moments.layers[name]
        assert found.count == one.count
        torch.testing.assert_close(found.mean, one.mean)
        torch.testing.assert_close(found.gram, one.gram)
    torch.testing.assert_close(ours.content, theirs.content)
    pair = [torch.autograd.grad(loss(found), image)[0] for found in (ours, theirs)]
    torch.testing.assert_close(*pair, rtol=1e-4, atol=1e-5 * float(pair[1].abs().max()))


def test_without_gradients_nothing_is_kept(encoder: Encoder) -> None:
    found = read(encoder, torch.rand(1, 3, 96, 128), wanted(encoder))
    assert not found.content["relu4_1"].requires_grad
    assert all(not m.gram.requires_grad for m in found.moments.layers.values())


def test_bfloat16_is_close_and_sums_in_float32(encoder: Encoder) -> None:
    image = torch.rand(1, 3, 96, 128, requires_grad=True)
    exact = read(encoder, image, wanted(encoder))
    rough = read(encoder, image, wanted(encoder), bfloat16=True)
    for name, one in exact.moments.layers.items():
        found = rough.moments.layers[name].gram
        assert found.dtype == torch.float32
        assert (found - one.gram).norm() < 0.05 * one.gram.norm()
    a, b = (torch.autograd.grad(loss(found), image)[0] for found in (exact, rough))
    assert torch.cosine_similarity(a.flatten(), b.flatten(), dim=0) > 0.98


def test_only_style_or_only_content_can_be_read(encoder: Encoder) -> None:
    image = torch.rand(1, 3, 96, 128, requires_grad=True)
    whole = wanted(encoder)
    style = read(encoder, image, replace(whole, content=()))
    content = read(encoder, image, replace(whole, style=()))
    assert not style.content and not content.moments.layers
    (slope,) = torch.autograd.grad(content.content["relu4_1"].square().sum(), image)
    assert float(slope.abs().sum()) > 0
