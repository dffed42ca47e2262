"""A new comparison: its inputs looked at, its cells settled, before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.comparing import matrix
from pipeline.comparing.matrix import Axes, Variant
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine.outputs import Brief
from pipeline.planning.resolve import (
    check_inputs,
    inspect_inputs,
    resolve,
    tell_of_inputs,
    weights_of,
)
from pipeline.planning.sheets import at_display
from pipeline.run.comparison import Cell, Comparison
from pipeline.run.records import Input
from stages.errors import UsageError

if TYPE_CHECKING:
    from stages.canvas import Facts


@dataclass(frozen=True)
class Begun:
    """What a new comparison is begun with, and what it is planned from."""

    comparison: Comparison
    styles: tuple[Facts, ...]

    @property
    def photos(self) -> int:
        """How many there are."""
        return len(self.comparison.inputs) - len(self.styles)

    def briefs(self) -> list[Brief]:
        """All that decides each cell."""
        return [matrix.brief(cell, self.comparison.inputs) for cell in self.comparison.cells]


def begun(axes: Axes, bases: Mapping[str, Settings], console: Console) -> Begun:
    """A new comparison; everything that can go wrong before work begins does so here.

    Raises:
        InputImageError, UsageError, WeightsError.
    """
    if not axes.photos or not axes.styles:
        raise UsageError("name a photo and at least one style")
    variants = matrix.variants(axes, bases)
    facts = [inspect_inputs(photo, list(axes.styles)) for photo in axes.photos]
    inputs = tuple(
        Input.of(role, path)
        for role, paths in (("photo", axes.photos), ("style", axes.styles))
        for path in paths
    )
    _distinct(inputs)
    cells = tuple(_cells(axes, variants, [photo for photo, _ in facts], inputs, console))
    matrix.check(cells)
    check_inputs(axes.photos[0], [*axes.photos[1:], *axes.styles])
    for number, (photo, styles) in enumerate(facts):
        size = config.parse_size(config.from_record(cells[0].settings).print.size)
        tell_of_inputs(photo, styles if number == 0 else [], size, console)
    comparison = Comparison(
        asked={name: config.to_record(settings) for name, settings in bases.items()},
        axes=axes.record(),
        inputs=inputs,
        cells=cells,
        tools=_tools(),
    )
    return Begun(comparison, tuple(facts[0][1]))


def _distinct(inputs: Sequence[Input]) -> None:
    seen: dict[tuple[str, str], Input] = {}
    for item in inputs:
        other = seen.setdefault((item.role, item.sha256), item)
        if other is not item:
            raise UsageError(f"{item.path} is the same {item.role} as {other.path}; name it once")


def _tools() -> dict[str, str]:
    from importlib.metadata import version

    from stages import canvas

    return {
        "tilebrush": __version__,
        "torch": version("torch"),
        "libvips": canvas.LIBVIPS_VERSION,
    }


def _cells(
    axes: Axes,
    variants: Sequence[Variant],
    photos: Sequence[Facts],
    inputs: tuple[Input, ...],
    console: Console,
) -> list[Cell]:
    """Every pair in every variant, pair by pair."""
    many = [name for name, values in axes.record().items() if len(values) > 1]
    weights: dict[object, str] = {}
    names = matrix.names([*axes.photos, *axes.styles])
    cells, count = [], len(axes.photos)
    for photo, photo_name in enumerate(names[:count]):
        for style, style_name in enumerate(names[count:], start=count):
            for variant in variants:
                asked, size = at_display(variant.settings, photos[photo].size)
                exact = resolve(asked, photos[photo].size, 1, size)
                if exact.encoder not in weights:
                    weights[exact.encoder] = weights_of(exact, console)
                labels = {"photo": photo_name, "style": style_name, **variant.labels}
                cell = Cell(
                    name=matrix.folder_name(labels, many),
                    photo=photo,
                    style=style,
                    labels=labels,
                    settings=config.to_record(exact),
                    weights=weights[exact.encoder],
                    key="",
                )
                cells.append(replace(cell, key=matrix.key(cell, inputs)))
    return cells
