"""Gram losses, values and gradients, against numbers computed apart from this project."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from numpy.typing import NDArray
from torch import Tensor
from vectors import (
    FIVE,
    PIXELS,
    THIRTEEN,
    canvas,
    check_layers,
    moments,
    normal,
    numbers,
    own_size,
    same_size,
    tensor,
)

from stages.nst.moments import LayerMoments
from stages.nst.terms.grams import gram_loss
from stages.nst.terms.spread import spread_loss

KERAS = ["keras-io, dlwp2", "keras-2.0.9 (L-BFGS)", "dlwp1", "hnarayanan", "titu Network"]

INETWORK = "titu INetwork (vgg16; layers normal(130+i), styles normal(260+i), L13)"


def losses(
    norm: str, style: Callable[[int], NDArray], shift: bool = False
) -> tuple[list[Tensor], list[Tensor]]:
    inputs = [tensor(canvas(i)) for i in range(5)]
    values = []
    for i, x in enumerate(inputs):
        found, goal = moments(x), moments(tensor(style(i)))
        values.append(gram_loss(found, goal, norm, found.count, PIXELS, shift=shift))
    return inputs, values


@pytest.mark.parametrize("name", KERAS)
def test_the_keras_family(name: str) -> None:
    check_layers(*losses("chollet", same_size), numbers()["losses"][name]["style"])


@pytest.mark.parametrize("name", ["log0", "gatys 2016, paper (alpha/beta 1e-3)"])
def test_the_paper(name: str) -> None:
    check_layers(*losses("paper", same_size), numbers()["losses"][name]["style"])


def test_the_shifted_and_chained_layers_of_inetwork() -> None:
    wanted = numbers()["losses"][INETWORK]
    inputs = [tensor(normal(130 + i, shape)) for i, shape in enumerate(THIRTEEN)]
    values = []
    for i, x in enumerate(inputs):
        found, goal = moments(x), moments(tensor(normal(260 + i, THIRTEEN[i])))
        values.append(gram_loss(found, goal, "chollet", found.count, PIXELS, shift=True))
    check_layers(inputs, values, wanted["style"])
    assert wanted["style"]["value"] == pytest.approx(
        wanted["style"]["chained value, sum of 2^-(12-(i+1)) (L_i - L_i+1)"]
    )


def test_gatys_code_with_paintings_of_their_own_size() -> None:
    found = numbers()["losses"]["gatys PytorchNeuralStyleTransfer, NIS org_pad"]["style"]
    inputs, values = losses("mean", own_size)
    check_layers(inputs, values, found)
    inputs, values = losses("mean-n", own_size)  # the same, its weights over N^2 taken in
    assert sum(1e3 * float(v.detach()) for v in values) == pytest.approx(found["value"], rel=1e-6)
    check_layers(*losses("mean", own_size), numbers()["losses"]["gatys NIS norm_pad"]["style"])


def test_johnson_alone_and_two_paintings_blended() -> None:
    wanted = numbers()["losses"]["jcjohnson"]
    check_layers(*losses("mean-n", own_size), wanted["style"])
    inputs, values = [tensor(canvas(i)) for i in range(5)], []
    for i, x in enumerate(inputs):
        one, two = moments(tensor(own_size(i))), moments(tensor(own_size(i, 240)))
        blend = LayerMoments(1.0, 0.3 * one.mean + 0.7 * two.mean, 0.3 * one.gram + 0.7 * two.gram)
        values.append(gram_loss(moments(x), blend, "mean-n", FIVE[i][1] * FIVE[i][2], PIXELS))
    check_layers(inputs, values, wanted["style_blend_weights 3,7"])


def test_spst_adds_means_and_spreads() -> None:
    inputs, values = [tensor(canvas(i)) for i in range(5)], []
    for i, x in enumerate(inputs):
        found, goal = moments(x), moments(tensor(own_size(i)))
        gram = gram_loss(found, goal, "mean-n", found.count, PIXELS)
        values.append(1e3 * (gram + 10 * spread_loss(found, goal)))
    check_layers(inputs, values, numbers()["losses"]["spst"]["style"])


def test_the_gram_part_of_titu1994s_mrf_network() -> None:
    wanted = numbers()["losses"]["titu MRFNetwork, gram and content parts"]
    x = tensor(canvas(4))
    found, goal = moments(x), moments(tensor(same_size(4)))
    value = gram_loss(found, goal, "chollet", found.count, PIXELS)
    check_layers(
        [x],
        [value],
        wanted["style (content_layer alone, divided by 7, the length of its name)"],
    )
