"""Encoders: what their layers are called, how far they see, what they cost, and their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from stages.errors import UsageError, WeightsError
from stages.nst.encoders import BUNDLED, VGG16, VGG19
from stages.nst.network import Architecture, Encoder

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
SMALL = Architecture(
    "small",
    ((3,), (4, 4), (5,)),
    MEAN,
    STD,
    style=(("relu1_1", 1.0), ("relu2_2", 1.0), ("relu3_1", 1.0)),
    content=(("relu2_1", 1.0),),
)


def weights(design: Architecture, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    table, channels = {}, 3
    for layer in design.layers():
        shape = (layer.channels, channels, 3, 3)
        # All above zero, so that no ReLU hides a change.
        table[f"{layer.name}.weight"] = torch.rand(shape, generator=generator) / (9 * channels)
        table[f"{layer.name}.bias"] = torch.full((layer.channels,), 3.0)
        channels = layer.channels
    return table


@pytest.fixture(scope="module")
def small() -> Encoder:
    return Encoder(SMALL, weights(SMALL))


def names(design: Architecture) -> list[str]:
    return [layer.name for layer in design.layers()]


def test_layers_are_named_as_in_the_paper() -> None:
    assert names(SMALL) == ["relu1_1", "relu2_1", "relu2_2", "relu3_1"]
    assert names(VGG19)[:5] == ["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1"]
    assert len(names(VGG19)) == 16 and names(VGG19)[-1] == "relu5_4"
    assert len(names(VGG16)) == 13 and names(VGG16)[-1] == "relu5_3"


def test_strides_and_widths() -> None:
    assert [layer.stride for layer in SMALL.layers()] == [1, 2, 2, 4]
    assert [layer.channels for layer in SMALL.layers()] == [3, 4, 4, 5]
    assert SMALL.stride() == 4
    assert VGG19.stride() == VGG16.stride() == BUNDLED.stride() == 16
    assert replace(SMALL, style=(("relu1_1", 1.0),)).stride() == 2


def test_used_layers_are_those_of_style_and_content() -> None:
    assert [layer.name for layer in SMALL.used()] == names(SMALL)
    only = replace(SMALL, style=(("relu2_2", 1.0),), content=(("relu1_1", 1.0),))
    assert [layer.name for layer in only.used()] == ["relu1_1", "relu2_2"]
    assert only.halo() == SMALL.layer("relu2_2").radius


def test_halos_of_the_named_encoders() -> None:
    # Known of VGG-19: 30 px at relu4_1 and 70 at relu5_1, which tiles round up to 32 and 80.
    assert VGG19.layer("relu4_1").radius == 30
    assert VGG19.layer("relu5_1").radius == VGG19.halo() == 70
    assert BUNDLED.halo() == 60  # 45 with pooling over 2x2 px
    assert VGG16.halo() < VGG19.halo()


@pytest.mark.parametrize("layer", SMALL.layers(), ids=lambda layer: layer.name)
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_feature_sees_exactly_as_far_as_its_reach(small: Encoder, layer, side: str) -> None:
    cell = 32 // layer.stride  # the cell that begins at px 32
    first, last = 32 - layer.radius, 32 + layer.stride - 1 + layer.radius
    edge, beyond = (first, first - 1) if side in ("left", "top") else (last, last + 1)
    for px, seen in ((edge, True), (beyond, False)):
        image = torch.full((1, 3, 64, 64), 0.5)
        before = small(image, [layer.name])[layer.name][0, :, cell, cell]
        if side in ("left", "right"):
            image[..., :, px] = 1
        else:
            image[..., px, :] = 1
        after = small(image, [layer.name])[layer.name][0, :, cell, cell]
        assert torch.equal(before, after) is not seen


def reference(image: Tensor, table: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same network, written out: normalise, convolve with zeros around, pool."""
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    x = image
    found = {}
    for name in names(SMALL):
        if name in ("relu2_1", "relu3_1"):
            x = F.avg_pool2d(x, 2)
        padded = F.pad(x, (1, 1, 1, 1))
        padded = (padded - mean) / std if name == "relu1_1" else padded
        x = F.relu(F.conv2d(padded, table[f"{name}.weight"], table[f"{name}.bias"]))
        found[name] = x
    return found


def test_features_are_those_of_the_network_written_out() -> None:
    table = weights(SMALL, 1)
    table = {name: t - t.mean() if name.endswith("weight") else t - 3 for name, t in table.items()}
    image = torch.rand(1, 3, 24, 40)
    found = Encoder(SMALL, table)(image, names(SMALL))
    wanted = reference(image, table)
    for name in names(SMALL):
        assert found[name].min() >= 0
        assert found[name].shape == wanted[name].shape
        torch.testing.assert_close(found[name], wanted[name], rtol=1e-4, atol=1e-5)


def test_the_callers_weights_and_image_stay(small: Encoder) -> None:
    table, image = weights(SMALL), torch.rand(1, 3, 16, 16)
    before = {name: value.clone() for name, value in table.items()}, image.clone()
    Encoder(SMALL, table)(image, names(SMALL))
    assert all(torch.equal(table[name], value) for name, value in before[0].items())
    assert torch.equal(image, before[1])


def test_only_what_is_asked_for_is_returned(small: Encoder) -> None:
    found = small(torch.rand(1, 3, 16, 16), ["relu2_1"])
    assert list(found) == ["relu2_1"]
    assert found["relu2_1"].shape == (1, 4, 8, 8)


def test_the_network_is_cut_at_the_deepest_used_layer() -> None:
    shallow = replace(SMALL, style=(("relu2_1", 1.0),))
    table = {n: v for n, v in weights(SMALL).items() if n.startswith(("relu1", "relu2_1"))}
    encoder = Encoder(shallow, table)
    assert len(encoder.convolutions) == 2
    with pytest.raises(UsageError, match=r"relu3_1.*deeper"):
        encoder(torch.rand(1, 3, 16, 16), ["relu3_1"])


def test_weights_are_frozen(small: Encoder) -> None:
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    small(image, ["relu3_1"])["relu3_1"].sum().backward()
    assert image.grad is not None
    assert all(p.grad is None and not p.requires_grad for p in small.parameters())


def test_unknown_layers_are_said_so() -> None:
    with pytest.raises(UsageError, match=r"relu4_1.*relu1_1, relu2_1"):
        SMALL.layer("relu4_1")
    with pytest.raises(UsageError, match="relu9_9"):
        replace(SMALL, content=(("relu9_9", 1.0),)).used()


def test_wrong_shapes_are_said_so() -> None:
    table = weights(SMALL)
    table["relu2_1.weight"] = table["relu2_1.weight"][:, :2]
    with pytest.raises(WeightsError, match=r"relu2_1\.weight should be 4x3x3x3, found 4x2x3x3"):
        Encoder(SMALL, table)


def test_missing_weights_are_said_so() -> None:
    table = weights(SMALL)
    del table["relu3_1.bias"]
    with pytest.raises(WeightsError, match=r"relu3_1\.bias should be 5, found nothing"):
        Encoder(SMALL, table)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_said_so(value: float) -> None:
    table = weights(SMALL)
    table["relu2_2.weight"][1, 2, 0, 1] = value
    with pytest.raises(WeightsError, match=r"relu2_2\.weight holds NaN"):
        Encoder(SMALL, table)


def test_multiply_adds_of_the_vgg_networks() -> None:
    # Summed by hand over the convolutions up to relu5_1.
    assert VGG19.work() == 361_152
    assert VGG16.work() == 287_424
    # All convolutions of VGG-19 at 224 px: 19.5 G, as is published.
    whole = replace(VGG19, content=(("relu5_4", 1.0),))
    assert whole.work() * 224**2 == pytest.approx(19.508e9, rel=1e-4)


def test_the_bundled_encoder_is_small() -> None:
    assert BUNDLED.work() <= 0.15 * VGG19.work()
    assert BUNDLED.parameter_bytes() < 10e6
    assert BUNDLED.activation_bytes() < VGG19.activation_bytes()
    # VGG-19 without its classifier: 20,024,384 numbers.
    assert VGG19.parameter_bytes() == 4 * 20_024_384
