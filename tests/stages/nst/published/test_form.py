"""Pooling and what networks are shown, against numbers computed apart from this project."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from vectors import check_gradient, normal, numbers

from stages.nst.encoders import VGG19
from stages.nst.network import Encoder
from stages.nst.published.form import Form, pooled
from stages.nst.published.inputs import INPUTS, turned

X = normal(500, (3, 7, 5))


@pytest.mark.parametrize("odd", ["floor", "ceil"])
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_of_odd_sizes(kind: str, odd: str) -> None:
    found = pooled(torch.from_numpy(X)[None], Form(pooling=kind, odd=odd))[0]
    wanted = numbers()["pooling of normal(500, (3, 7, 5))"][f"{kind} {odd}"]
    assert np.allclose(found.numpy(), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "gain", "name"),
    [
        ("average", 2.0, "crowson average floor, times 2"),
        ("l2", 0.78, "crowson l2 floor, times 0.78"),
    ],
)
def test_pooling_with_a_gain(kind: str, gain: float, name: str) -> None:
    found = pooled(torch.from_numpy(X)[None], Form(pooling=kind, pooling_gain=gain))[0]
    check_gradient(found.numpy(), numbers()["pooling of normal(500, (3, 7, 5))"][name])


def test_the_slope_of_a_root_at_zero_is_a_number() -> None:
    x = torch.zeros(1, 1, 4, 4, requires_grad=True)
    pooled(x, Form(pooling="l2")).sum().backward()
    assert x.grad is not None and not x.grad.any()


COLOURS = np.array([[0, 0, 0], [255, 255, 255], [200, 100, 50]]) / 255
PUBLISHED = {
    "caffe": "keras", "caffe-swapped": "hnarayanan", "caffe-256": "jcjohnson",
    "imagenet": "torchvision", "0-to-255": "titu_mrf",
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_a_network_is_shown(name: str) -> None:
    form = INPUTS[name]
    shown = (COLOURS - form.mean) / form.std
    wanted = numbers()["preprocess of RGB (0,0,0) (255,255,255) (200,100,50)"][PUBLISHED[name]]
    assert np.allclose(shown[:, ::-1] if form.from_blue else shown, wanted, atol=1e-5)


def test_weights_that_begin_with_blue_give_what_they_gave() -> None:
    """Folded weights on 0 to 1 RGB, and published ones on 0 to 255 BGR less the mean."""
    generator = np.random.default_rng(0)
    table = {}
    for layer, before in zip(VGG19.layers()[:2], (3, 64), strict=True):
        shape = (layer.channels, before, 3, 3)
        table[f"{layer.name}.weight"] = torch.from_numpy(
            generator.normal(0, 0.01, shape).astype(np.float32)
        )
        table[f"{layer.name}.bias"] = torch.zeros(layer.channels)
    from dataclasses import replace

    form = INPUTS["caffe"]
    design = replace(
        VGG19, blocks=((64,),), style=(("relu1_1", 1.0),), content=(), mean=form.mean, std=form.std
    )
    encoder = Encoder(design, turned(table, form))
    image = torch.rand(1, 3, 8, 8)
    shown = 255 * image.flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    wanted = torch.relu(torch.nn.functional.conv2d(shown, table["relu1_1.weight"], padding=1))
    found = encoder(image, ["relu1_1"])["relu1_1"]
    assert torch.allclose(found[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1], atol=1e-3)
    from stages.nst.published.reading import features

    whole = features(encoder, image, {"relu1_1"}, Form(padding="zero"), torch.float32)
    assert torch.allclose(whole["relu1_1"], wanted, atol=1e-3)  # at the border too
