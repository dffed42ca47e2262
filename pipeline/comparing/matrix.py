"""The matrix of a comparison: its axes, and the cells that they span.

Every photo with every style, and each of these pairs in every variant: a recipe, an encoder, and a
value of each setting that varies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import get_origin

from pipeline.config import load as config
from pipeline.config.fields import all_fields
from pipeline.config.schema import Settings
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Brief, Ref
from pipeline.planning import levels
from pipeline.run.comparison import Cell
from pipeline.run.records import Input, key_of
from stages.errors import UsageError

DISPLAY = Ref("display canvas")
VERSION = "1"  # of the picture's file, raised when its bytes change
PAIR = ("photo", "style")
RECIPE, ENCODER = "recipe", "encoder"
_MOST_CELLS = 1000
_NAME = 80  # letters of a cell's folder


@dataclass(frozen=True)
class Axes:
    """What is compared; `varied` are settings by their dotted keys with values as typed."""

    photos: tuple[Path, ...]
    styles: tuple[Path, ...]
    recipes: tuple[str, ...] = ()
    encoders: tuple[str, ...] = ()
    varied: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def record(self) -> dict[str, tuple[str, ...]]:
        """The values of each axis but the inputs, by name."""
        every = ((RECIPE, self.recipes), (ENCODER, self.encoders), *self.varied)
        return {name: values for name, values in every if values}


def listed(text: str | None, option: str) -> tuple[str, ...]:
    """``a,b,c`` as its parts.

    Raises:
        UsageError: one of them is empty, or is there twice.
    """
    return _distinct([part.strip() for part in text.split(",")], option) if text else ()


def varied(texts: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``KEY=V1,V2`` texts as keys and values; values of settings that are lists end with a slash.

    Raises:
        UsageError: an unknown key, one without values or named twice, or a value twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, values = (part.strip() for part in text.partition("="))
        if not equals or not key or not values:
            raise UsageError(
                f"--vary is {text!r}; it must be KEY=VALUE,VALUE such as style.scale=0.5,1,2"
            )
        if key in found:
            raise UsageError(f"--vary names {key} twice; put all its values into one")
        config.override(Settings(), {key: values if key not in all_fields() else None})
        many = get_origin(all_fields()[key].annotation) is tuple
        parts = values.split("/") if many else values.split(",")
        found[key] = _distinct([part.strip() for part in parts], f"--vary {key}")
    return tuple(found.items())


def _distinct(values: list[str], option: str) -> tuple[str, ...]:
    if not all(values):
        raise UsageError(f"{option} has an empty value; leave one comma out")
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise UsageError(f"{option} names {twice!r} twice; once is enough")
    return tuple(values)


@dataclass(frozen=True)
class Variant:
    """One way to stylize a pair: settings, and what it has of each axis."""

    labels: dict[str, str]
    settings: Settings


def variants(axes: Axes, bases: Mapping[str, Settings]) -> list[Variant]:
    """Every combination of the values of the axes, the last axis changing fastest.

    `bases` are the settings by the recipe that they are laid on.

    Raises:
        UsageError: a bad value.
    """
    found = []
    for recipe, base in bases.items():
        encoders = axes.encoders or (base.encoder.name,)
        for encoder, *chosen in product(encoders, *(values for _, values in axes.varied)):
            changes: dict[str, object] = dict(zip((k for k, _ in axes.varied), chosen, strict=True))
            labels = {RECIPE: Path(recipe).stem} if axes.recipes else {}
            labels |= {ENCODER: Path(encoder).stem, **{k: str(v) for k, v in changes.items()}}
            if encoder != base.encoder.name:  # whose weights are not this one's
                changes |= {"encoder.name": encoder, "encoder.weights": ""}
            found.append(Variant(labels, config.override(base, changes)))
    return found


def brief(cell: Cell, inputs: Sequence[Input]) -> Brief:
    """All that decides a cell's picture."""
    settings = config.from_record(cell.settings)
    own = tuple(inputs[number] for number in (cell.photo, cell.style, *cell.masks))
    plan = replace(levels.make(settings), levels=())  # the display is all that is made
    return Brief(settings, plan, own, cell.weights)


def key(cell: Cell, inputs: Sequence[Input]) -> str:
    """What the picture of a cell is made from, as a hash."""
    made = brief(cell, inputs)
    return key_of("picture", VERSION, Keys(made).of(made.printed), made.settings.run.seed)


def check(cells: Sequence[Cell]) -> None:
    """Make sure that there are cells, not too many, and that no two are the same picture.

    Raises:
        UsageError: they are not; with the labels of the two.
    """
    if len(cells) > _MOST_CELLS:
        raise UsageError(f"{len(cells)} pictures are asked for; {_MOST_CELLS} are possible")
    seen: dict[str, Cell] = {}
    for cell in cells:
        other = seen.setdefault(cell.key, cell)
        if other is not cell:
            differ = [name for name in cell.labels if cell.labels[name] != other.labels[name]]
            raise UsageError(
                f"{' and '.join(differ) or 'what is varied'} changes nothing at display size: "
                f"{cell.name} would be the same picture as {other.name}; leave it out"
            )


def names(paths: Sequence[Path]) -> list[str]:
    """Short names of files, those that would be the same told apart by a number."""
    stems = [path.stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{stems[: i + 1].count(stem)}"
        for i, stem in enumerate(stems)
    ]


def folder_name(labels: dict[str, str], many: Sequence[str]) -> str:
    """A folder's name for a cell: what it has of the axes that have several values, and its pair.

    Raises nothing: what no file name takes becomes a dash, and a hash keeps long ones apart.
    """
    parts = [labels[name] for name in PAIR]
    parts += [
        value if name in (RECIPE, ENCODER) else f"{name}={value}"
        for name, value in labels.items()
        if name in many and name not in PAIR
    ]
    name = "_".join(re.sub(r"[^\w.=+-]+", "-", part) for part in parts)
    if len(name.encode()) <= _NAME and name == "_".join(parts):
        return name
    return f"{name[: _NAME // 3]}-{key_of(sorted(labels.items()))[:10]}"
