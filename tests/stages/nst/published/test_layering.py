"""Layers chosen by name, and how they weigh."""

from __future__ import annotations

import pytest
from vectors import numbers

from stages.errors import UsageError
from stages.nst.encoders import BUNDLED, VGG16, VGG19
from stages.nst.published.layering import (
    Layering,
    chained,
    geometric,
    layered,
    mapped,
    nearest,
)

INETWORK = "titu INetwork (vgg16; layers normal(130+i), styles normal(260+i), L13)"


def test_chained_weights_are_those_of_inetwork() -> None:
    wanted = numbers()["losses"][INETWORK]
    assert chained(13, 2.0) == pytest.approx(wanted["style"]["layer_weights"])
    assert chained(16, 2.0) == pytest.approx(wanted["style"]["layer_weights vgg19 (16 layers)"])


def test_geometric_weights_are_those_of_crowsonkb() -> None:
    assert geometric(5, 0.25) == pytest.approx([w / 341 for w in (256, 64, 16, 4, 1)])


def test_a_network_without_a_layer_takes_the_one_before_it() -> None:
    pairs = {"relu4_2": "relu4_2", "relu1_2": "relu1_1", "relu3_4": "relu3_2", "relu5_2": "relu5_1"}
    assert {name: nearest(BUNDLED, name) for name in pairs} == pairs
    with pytest.raises(UsageError, match="no layer 'relu9_1'"):
        nearest(BUNDLED, "relu9_1")


def test_layers_that_fall_together_add_their_weights() -> None:
    both = Layering(("relu5_1", "relu5_2"), "given", (1.0, 2.0), content=("relu4_4",))
    found = layered(BUNDLED, both)
    assert found.style == (("relu5_1", 3.0),) and found.content == (("relu4_2", 1.0),)
    assert mapped(BUNDLED, both) == {"relu5_2": "relu5_1", "relu4_4": "relu4_2"}
    assert layered(VGG19, both).style == (("relu5_1", 1.0), ("relu5_2", 2.0))


def test_all_layers() -> None:
    found = layered(VGG16, Layering(("all",), "chained", ratio=2.0)).style
    assert [weight for _, weight in found] == pytest.approx(chained(13, 2.0))


def test_nothing_chosen_is_the_encoders_own() -> None:
    assert layered(BUNDLED, Layering()) == BUNDLED


def test_as_many_weights_as_layers() -> None:
    with pytest.raises(UsageError, match="2 numbers for 1 layers"):
        layered(BUNDLED, Layering(("relu1_1",), "given", (1.0, 2.0)))
