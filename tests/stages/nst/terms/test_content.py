"""The content losses against numbers computed apart from this project."""

from __future__ import annotations

import pytest
from torch import Tensor
from vectors import (
    CONTENT,
    CONTENT_GOAL,
    PIXELS,
    canvas,
    check_layers,
    check_one,
    numbers,
    same_size,
    tensor,
)

from stages.nst.terms.content import content_sum

RECIPES = [
    ("keras-io, dlwp2", "content", "sum"),
    ("keras-2.0.9 (L-BFGS)", "content", "sum"),
    ("dlwp1", "content", "sum"),
    ("hnarayanan", "content", "sum"),
    ("titu Network", "content", "sum"),
    ("titu Network", "content_loss_type 1", "root"),
    ("titu Network", "content_loss_type 2", "image"),
    ("log0", "content", "quarter"),
    ("gatys 2016, paper (alpha/beta 1e-3)", "content", "half"),
    ("gatys PytorchNeuralStyleTransfer, NIS org_pad", "content", "mean"),
    ("gatys NIS norm_pad", "content", "mean"),
    ("jcjohnson", "content", "mean"),
    ("crowson", "content", "mean"),
    ("spst", "content", "mean"),
]


def value_of(x: Tensor, goal: Tensor, kind: str) -> Tensor:
    now, wanted = (f.flatten(1).T for f in (x, goal))
    return content_sum(now, wanted, kind, len(now), PIXELS)


@pytest.mark.parametrize(("name", "part", "kind"), RECIPES)
def test_content(name: str, part: str, kind: str) -> None:
    x = tensor(CONTENT)
    check_one(x, value_of(x, tensor(CONTENT_GOAL), kind), numbers()["losses"][name][part])


@pytest.mark.parametrize(
    ("part", "numbers_of"),
    [("content (each of five style layers)", range(5)), ("mrf (nearest features given)", (3, 4))],
)
def test_the_sums_of_titu1994s_mrf_network(part: str, numbers_of: range) -> None:
    inputs = [tensor(canvas(i)) for i in numbers_of]
    values = [
        value_of(x, tensor(same_size(i)), "sum") for i, x in zip(numbers_of, inputs, strict=True)
    ]
    wanted = numbers()["losses"]["titu MRFNetwork, gram and content parts"][part]
    check_layers(inputs, values, wanted)
