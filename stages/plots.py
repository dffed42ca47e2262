"""Charts of plain numbers as PNG, by matplotlib: losses, and what a tile aims at."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of Okabe and Ito: told apart with any colour vision.
_BLUE, _ORANGE, _GREEN, _GREY = "#0072b2", "#d55e00", "#009e73", "#777777"
_MANY = 8  # curves that get a name of their own


@dataclass(frozen=True)
class Layer:
    """What a tile's features are to be in one layer of the encoder, and are.

    Energies are of every channel (the Gram matrix' diagonal) `(C,)`: the target's, and the tile's
    before and after. Distances are |G - G*|^2 / |G_style|^2, as the style loss counts them.
    """

    name: str
    target: Sequence[float]
    before: Sequence[float]
    after: Sequence[float]
    distance_before: float
    distance_after: float


def losses(curves: Mapping[str, Sequence[float]], out: Path) -> None:
    """Loss curves by name over their iterations, with a mean where there are many."""
    figure = _figure(7.0, 4.2)
    axes = figure.subplots()
    many = len(curves) > _MANY
    for name, curve in curves.items():
        colour: dict[str, Any] = {"color": _GREY, "alpha": 0.5} if many else {"label": name}
        axes.plot(range(len(curve)), curve, linewidth=1.0 if many else 1.8, **colour)
    if many:
        means = [sum(each) / len(each) for each in zip(*curves.values(), strict=False)]
        axes.plot(range(len(means)), means, color=_BLUE, linewidth=2.5, label="mean")
    if all(value > 0 for curve in curves.values() for value in curve):
        axes.set_yscale("log")
    axes.set(xlabel="iteration", ylabel="loss")
    axes.grid(True, which="both", alpha=0.25)
    axes.legend(frameon=False)
    _saved(figure, out)


def targets(layers: Sequence[Layer], out: Path) -> None:
    """One chart for each layer: the energy of its channels, ordered by the target's."""
    if not layers:
        figure = _figure(5.2, 1.0)
        figure.text(0.5, 0.5, "The loss of this recipe has no moments to show.", ha="center")
        _saved(figure, out)
        return
    across = 2 if len(layers) > 1 else 1
    down = math.ceil(len(layers) / across)
    figure = _figure(5.2 * across, 2.7 * down + 0.5)
    found = figure.subplots(down, across, squeeze=False).ravel()
    for axes, layer in zip(found, layers, strict=False):
        _layer(axes, layer)
    for axes in found[len(layers) :]:
        axes.set_axis_off()
    handles, labels = found[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    _saved(figure, out)


def _layer(axes: Axes, layer: Layer) -> None:
    order = sorted(range(len(layer.target)), key=lambda channel: -layer.target[channel])
    places = range(len(order))

    def ordered(values: Sequence[float]) -> list[float]:
        # A residual target may ask for less than nothing; a logarithm cannot show that.
        return [values[channel] if values[channel] > 0 else math.nan for channel in order]

    axes.plot(places, ordered(layer.before), ".", color=_GREY, markersize=4, label="before")
    axes.plot(places, ordered(layer.after), ".", color=_ORANGE, markersize=5, label="after")
    axes.plot(places, ordered(layer.target), color=_BLUE, linewidth=1.6, label="target")
    axes.set_yscale("log")
    axes.set_ylim(bottom=max(layer.target) * 1e-4)
    axes.set_title(
        f"{layer.name}: distance to the target {layer.distance_before:.3g} → "
        f"{layer.distance_after:.3g}",
        fontsize=9,
    )
    axes.set(xlabel="channel, by the target", ylabel="energy")
    axes.grid(True, alpha=0.25)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _saved(figure: Figure, out: Path) -> None:
    figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
