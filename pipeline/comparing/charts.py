"""Losses of all pictures on common axes, as SVG by matplotlib."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.comparing.outcome import Outcome, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 11.0, 4.6  # inches
_LETTERS = 150  # of a line of the key
_MARKERS = "osD^vP*X<>hp"
_STYLE: Any = {"svg.hashsalt": "tilebrush", "svg.fonttype": "none", "font.size": 9}


def write(outcome: Outcome, out: Path) -> None:
    """Two charts: what each optimizer saw, and what one encoder sees of all.

    Left the losses over their first, iteration by iteration; their rises are the starts of larger
    scales. Right the style's loss against the content's, both by the encoder that judges all
    pictures: one letter of the key for each variant, one shape for each pair.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font has not
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        curves, judged = figure.subplots(1, 2)
        variants = list(dict.fromkeys(row.variant for row in outcome.rows))
        _curves(curves, outcome.rows, variants)
        _judged(judged, outcome.rows, variants)
        handles = [_line(variant, variants) for variant in variants]
        longest = max(len(variant) for variant in variants)
        columns = max(1, min(len(variants), _LETTERS // (longest + 8)))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns)
        figure.savefig(out, format="svg", metadata={"Date": None})


def _colour(variant: str, variants: Sequence[str]) -> Any:
    from matplotlib import colormaps

    return colormaps["tab10" if len(variants) <= 10 else "turbo"](
        variants.index(variant) if len(variants) <= 10 else variants.index(variant) / len(variants)
    )


def _line(variant: str, variants: Sequence[str]) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=_colour(variant, variants), label=variant)


def _curves(axes: Axes, rows: Sequence[Row], variants: Sequence[str]) -> None:
    for row in rows:
        first = next((value for value in row.losses if value > 0), None)
        if first is None:
            continue
        axes.plot(
            [value / first for value in row.losses],
            color=_colour(row.variant, variants),
            linewidth=0.9,
            alpha=0.8,
        )
    axes.set(yscale="log", xlabel="evaluation", ylabel="loss over its first")
    axes.set_title("What each optimizer saw")
    axes.grid(alpha=0.25)


def _judged(axes: Axes, rows: Sequence[Row], variants: Sequence[str]) -> None:
    pairs = list(dict.fromkeys(row.pair for row in rows))
    for row in rows:
        if row.style_loss is None or row.content_loss is None:
            continue
        axes.scatter(
            row.content_loss,
            row.style_loss,
            color=[_colour(row.variant, variants)],
            marker=_MARKERS[pairs.index(row.pair) % len(_MARKERS)],
        )
    axes.set(xlabel="content loss: farther from the photo", ylabel="style loss")
    axes.set_title("What one encoder sees of all (a shape for each pair)")
    axes.grid(alpha=0.25)
