"""A new comparison: its inputs looked at, its cells settled, before any work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.comparing import matrix
from pipeline.comparing.matrix import Axes, Variant
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine.outputs import Brief
from pipeline.planning import masks
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
        return sum(item.role == "photo" for item in self.comparison.inputs)

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
    facts = [inspect_inputs(photo, list(axes.styles)) for photo in axes.photos]
    styles = facts[0][1]
    span = _Span(axes, [photo for photo, _ in facts], console)
    cells = tuple(span.cells(matrix.variants(axes, bases)))
    matrix.check(cells)
    check_inputs(axes.photos[0], [*axes.photos[1:], *axes.styles])
    for number, (photo, _) in enumerate(facts):
        cell = next(cell for cell in cells if cell.photo == number)
        size = config.parse_size(config.from_record(cell.settings).print.size)
        tell_of_inputs(photo, [] if number else styles, size, console)
    comparison = Comparison(
        asked={name: config.to_record(settings) for name, settings in bases.items()},
        axes=axes.record(),
        inputs=tuple(span.inputs),
        cells=cells,
        tools=_tools(),
    )
    return Begun(comparison, tuple(styles))


def _tools() -> dict[str, str]:
    from importlib.metadata import version

    from stages import canvas

    return {
        "tilebrush": __version__,
        "torch": version("torch"),
        "libvips": canvas.LIBVIPS_VERSION,
    }


class _Span:
    """Makes the cells of the axes, and gathers the inputs that they need."""

    def __init__(self, axes: Axes, photos: Sequence[Facts], console: Console) -> None:
        self.axes, self.photos, self.console = axes, photos, console
        self.inputs = [Input.of("photo", path) for path in axes.photos]
        self.inputs += [Input.of("style", path) for path in axes.styles]
        self._weights: dict[object, str] = {}
        self._check_distinct()

    def _check_distinct(self) -> None:
        seen: dict[tuple[str, str], Input] = {}
        for item in self.inputs:
            other = seen.setdefault((item.role, item.sha256), item)
            if other is not item:
                raise UsageError(
                    f"{item.path} is the same {item.role} as {other.path}; name it once"
                )

    def cells(self, variants: Sequence[Variant]) -> Iterator[Cell]:
        """Every pair in every variant, pair by pair."""
        count = len(self.axes.photos)
        pairs = product(range(count), range(count, count + len(self.axes.styles)))
        for photo, style in pairs:
            for variant in variants:
                yield self._cell(photo, style, variant)

    def _cell(self, photo: int, style: int, variant: Variant) -> Cell:
        many = [name for name, values in self.axes.record().items() if len(values) > 1]
        names = matrix.names([*self.axes.photos, *self.axes.styles])
        asked, size = at_display(variant.settings, self.photos[photo].size)
        exact = resolve(asked, self.photos[photo].size, 1, size)
        labels = {"photo": names[photo], "style": names[style], **variant.labels}
        cell = Cell(
            name=matrix.folder_name(labels, many),
            photo=photo,
            style=style,
            labels=labels,
            settings=config.to_record(exact),
            weights=self._weights_of(exact),
            key="",
            masks=tuple(self._masks(exact, photo, style)),
        )
        return replace(cell, key=matrix.key(cell, self.inputs))

    def _weights_of(self, exact: Settings) -> str:
        if exact.encoder not in self._weights:
            self._weights[exact.encoder] = weights_of(exact, self.console)
        return self._weights[exact.encoder]

    def _masks(self, exact: Settings, photo: int, style: int) -> Iterator[int]:
        """The numbers of a cell's masks among the inputs, which they are added to."""
        paths = Path(self.inputs[photo].path), Path(self.inputs[style].path)
        if not masks.asked(exact, [paths[1]]):
            return
        for item in masks.inputs_of(exact, paths[0], [paths[1]])[2:]:
            if item not in self.inputs:
                self.inputs.append(item)
            yield self.inputs.index(item)
