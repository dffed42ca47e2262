"""Weights of layers: equal, falling or growing by a ratio, or chained."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stages.errors import UsageError
from stages.nst.network import Architecture

ALL = "all"  # in place of names: every layer of the network
_NAME = re.compile(r"relu([1-5])_([1-4])")  # those of VGG-19, the largest


@dataclass(frozen=True)
class Layering:
    """Which layers style and content are read of, and how they weigh; none: the encoder's own.

    `weighing` is "equal" (they add up to one), "given" (`weights`), "geometric" (each `ratio` times
    the one before, adding up to one) or "chained".
    """

    style: tuple[str, ...] = ()
    weighing: str = "equal"
    weights: tuple[float, ...] = ()
    ratio: float = 1.0
    content: tuple[str, ...] = ()


def equal(count: int) -> tuple[float, ...]:
    """The same for all; they add up to one. Gatys et al. (2016), section 2.2."""
    return (1 / count,) * count


def geometric(count: int, ratio: float) -> tuple[float, ...]:
    """Each `ratio` times the one before; they add up to one.

    Crowsonkb: 256, 64, 16, 4, 1 of 341.
    """
    powers = [ratio**i for i in range(count)]
    return tuple(power / sum(powers) for power in powers)


def chained(count: int, ratio: float) -> tuple[float, ...]:
    """Differences of neighbours, each `ratio` times the one before, added up to a weight a layer.

    titu1994's INetwork sums ratio^-(n-2-i) (L_i - L_(i+1)) over i from 0 to n-2, with 2 as ratio.
    What is left of layer i is ratio^-(n-1-i) (ratio - 1), of the first ratio^-(n-2), of the last
    minus 1. The paper that it names, Novak and Nikulin, *Improving the Neural Algorithm of Artistic
    Style* (2016), correlates features of neighbours instead.
    """
    if count < 2:
        return (1.0,) * count
    inner = (ratio ** -(count - 1 - i) * (ratio - 1) for i in range(1, count - 1))
    return (ratio ** -(count - 2), *inner, -1.0)


def weights_of(count: int, layering: Layering) -> tuple[float, ...]:
    """One weight for each of `count` layers.

    Raises:
        UsageError: given ones are not as many.
    """
    if layering.weighing == "geometric":
        return geometric(count, layering.ratio)
    if layering.weighing == "chained":
        return chained(count, layering.ratio)
    if layering.weighing == "equal":
        return equal(count)
    if len(layering.weights) != count:
        raise UsageError(
            f"losses.layer_weights has {len(layering.weights)} numbers for {count} layers of "
            "losses.style_layers; give one for each"
        )
    return layering.weights


def nearest(design: Architecture, name: str) -> str:
    """A layer of the network in place of VGG's: the one before it in its block, else the last.

    Raises:
        UsageError: VGG has no such layer either.
    """
    own = [layer.name for layer in design.layers()]
    if name in own:
        return name
    found = _NAME.fullmatch(name)
    if not found:
        near = difflib.get_close_matches(name, own, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"encoder {design.name} has no layer {name!r:.40}{hint}")
    block, place = int(found[1]), int(found[2])
    here = [one for one in own if one.startswith(f"relu{block}_")]
    before = [one for one in here if int(one.rpartition("_")[2]) <= place]
    return (before or here or own)[-1]


def mapped(design: Architecture, layering: Layering) -> dict[str, str]:
    """The layers that are asked for and not there, and those that stand in for them."""
    asked = [name for name in (*layering.style, *layering.content) if name != ALL]
    return {name: there for name in asked if (there := nearest(design, name)) != name}


def layered(design: Architecture, layering: Layering) -> Architecture:
    """The network with its layers chosen and weighed; weights of merged layers are added.

    Raises:
        UsageError: no such layer, or not as many weights as layers.
    """
    style, content = design.style, design.content
    if layering.style:
        names = layering.style
        if names == (ALL,):
            names = tuple(layer.name for layer in design.layers())
        style = _added(design, names, weights_of(len(names), layering))
    if layering.content:
        content = _added(design, layering.content, equal(len(layering.content)))
    return replace(design, style=style, content=content)


def _added(
    design: Architecture, names: Sequence[str], weights: Sequence[float]
) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for name, weight in zip(names, weights, strict=True):
        there = nearest(design, name)
        found[there] = found.get(there, 0.0) + weight
    return tuple(found.items())
