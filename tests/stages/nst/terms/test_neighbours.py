"""Losses of nearest features against numbers computed apart from this project."""

from __future__ import annotations

import torch
from vectors import canvas, check_layers, numbers, own_size, same_size, tensor

from stages.nst.terms.neighbours import (
    matched_loss,
    nearest,
    patch_loss,
    patches,
    rows,
    split_loss,
)


def test_hypercolumns_and_their_targets() -> None:
    inputs = [tensor(canvas(i)) for i in range(3)]
    values = [
        matched_loss(rows(x[None]), rows(tensor(same_size(i))[None])) for i, x in enumerate(inputs)
    ]
    wanted = numbers()["losses"]["nnst"]["hypercolumn matching, targets STYLE"]
    check_layers(inputs, values, wanted)


def test_layers_by_themselves() -> None:
    inputs = [tensor(canvas(i)) for i in range(5)]
    values = [
        split_loss(rows(x[None]), rows(tensor(own_size(i))[None])) for i, x in enumerate(inputs)
    ]
    wanted = numbers()["losses"]["nnst"]["feature splitting, styles OTHER"]
    check_layers(inputs, values, wanted)


def test_the_nearest_is_the_most_alike_by_direction() -> None:
    keys = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    places, likeness = nearest(torch.tensor([[9.0, 0.1], [2.0, 2.0], [0.0, 0.3]]), keys)
    assert places.tolist() == [0, 2, 1] and likeness[1] > 0.9999


def test_patches_of_the_painting_itself_cost_nothing() -> None:
    style = torch.rand(1, 5, 9, 11, generator=torch.Generator().manual_seed(0))
    for size in (1, 3):
        assert patches(style, size).shape == ((9 - size + 1) * (11 - size + 1), 5 * size**2)
        assert float(patch_loss(style, style, size)) == 0
        part = style[..., 2:7, 3:9]
        assert float(patch_loss(part, style, size)) < 1e-9
        assert float(patch_loss(1 - part, style, size)) > 0.1


def test_one_position_is_titu1994s_field() -> None:
    """With the nearest given, its sum of squares over places (tests of the content's sum)."""
    x, keys = torch.rand(1, 4, 3, 3), torch.rand(1, 4, 5, 5)
    places, _ = nearest(rows(x), rows(keys))
    wanted = (rows(x) - rows(keys)[places]).square().sum()
    assert torch.allclose(patch_loss(x, keys, 1), wanted)
