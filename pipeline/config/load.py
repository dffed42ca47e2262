"""From files and options to `Settings`, and back to a commented `pipeline.toml`."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from pipeline.config import recipe as recipes
from pipeline.config.fields import all_fields, describe, differences, to_toml
from pipeline.config.paintings import counted, style_scales, style_weights
from pipeline.config.papers import parse_paper
from pipeline.config.schema import Settings
from pipeline.config.schema.section import Section
from pipeline.config.tables import (
    CONFIG_NAME,
    FILES,
    Tables,
    anchor_files,
    check_keys,
    flat,
    read,
    unknown,
)
from pipeline.config.units import parse_duration, parse_memory, parse_size
from stages.errors import TilebrushError, UsageError
from stages.tiles import Size

__all__ = [
    "CONFIG_NAME",
    "Settings",
    "apply_preset",
    "counted",
    "describe",
    "differences",
    "find_config",
    "from_record",
    "level_iterations",
    "load",
    "override",
    "parse_duration",
    "parse_memory",
    "parse_paper",
    "parse_size",
    "print_size",
    "style_scales",
    "style_weights",
    "to_record",
    "to_toml",
    "with_level_iterations",
]

_PRESETS = {"draft": 1 / 3, "standard": 1.0, "fine": 3.0}


def find_config(path: Path | None) -> Path | None:
    """The file to read: `path` if given, else ``./pipeline.toml`` if there is one, else none."""
    default = Path(CONFIG_NAME)
    return path if path is not None else default if default.is_file() else None


def load(path: Path | None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Settings from a TOML file (see `find_config`) and dotted keys that override it.

    Where either names a recipe, what that says lies below both (`pipeline.config.recipe`).

    Override values that are text are read as on the command line (``tiles.core=256``,
    ``levels.sweeps=2,2``); None means not given. A relative ``encoder.weights`` counts from the
    file's folder, as override from the current one.

    Raises:
        UsageError: Unreadable file, unknown key or bad value, in one line.
    """
    file = find_config(path)
    tables = read(file) if file is not None else {}
    check_keys(tables, str(file))
    if file is not None:
        anchor_files(tables, file.resolve().parent)
    origin = dict.fromkeys(flat(tables), f" in {file}")
    given = dict(overrides or {})
    recipe = recipes.named(given, tables, file)
    if recipe is not None:
        tables = recipe.below(tables)
        given["recipe"] = recipe.name
        place = f" in recipe {recipe.name}"
        origin = {key: origin.get(key, place) for key in flat(tables)}
    return _validated(tables, given, origin)


def override(settings: Settings, overrides: Mapping[str, object]) -> Settings:
    """Settings with some dotted keys replaced, read as `load` reads them.

    Raises:
        UsageError: Unknown key or bad value, in one line; a recipe, which settings begin with.
    """
    if overrides.get("recipe") not in (None, settings.recipe):
        raise UsageError(
            f"recipe is {settings.recipe!r} here and stays; another one is chosen for a new run"
        )
    return _validated(settings.model_dump(), overrides, {})


def _validated(
    tables: Tables, overrides: Mapping[str, object], origin: Mapping[str, str]
) -> Settings:
    given = {key: value for key, value in overrides.items() if value is not None}
    for key, value in given.items():
        _put(tables, key, value)
    if set(given) & set(FILES):
        anchor_files(tables, Path.cwd())
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        places = {key: place for key, place in origin.items() if key not in given}
        raise UsageError(_explained(error, places)) from None


def _put(tables: Tables, key: str, value: object) -> None:
    known = all_fields()
    if key not in known:
        raise UsageError(unknown(key, known, ""))
    table = tables
    *section, leaf = key.split(".")
    for name in section:
        table = table.setdefault(name, {})
    table[leaf] = _typed(value, known[key]) if isinstance(value, str) else value


def _typed(text: str, field: FieldInfo) -> object:
    """Text of a KEY=VALUE as a value for `field`: a number, a list, or the text itself."""
    if field.annotation is str:
        return text.strip("\"'") if text[:1] == text[-1:] and text[:1] in ("'", '"') else text
    if get_origin(field.annotation) is tuple:
        parts = text.strip().removeprefix("[").removesuffix("]").split(",")
        return [part.strip() for part in parts if part.strip()]
    try:
        return tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except (ValueError, RecursionError):
        return text


def _explained(error: ValidationError, origin: Mapping[str, str]) -> str:
    """The first thing wrong, as one line: key, place, value, what is allowed."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    places = [where for name, where in origin.items() if (name + ".").startswith(key + ".")]
    place = places[0] if places else origin.get(".".join(key.split(".")[:2]), "")
    needed = str(first["msg"]).removeprefix("Value error, ").replace("Input should", "it must")
    needed = needed.replace("Tuple should", "it must").split(" after validation")[0]
    if not key.isprintable():
        key = repr(key)
    if isinstance(first["input"], Section | dict):
        return f"{key}{place}: {needed}"
    shown = textwrap.shorten(repr(first["input"]), 60, placeholder="...")
    return f"{key}{place} is {shown}; {needed}"


def print_size(settings: Settings) -> Size:
    """The box in px that the print fits in: paper at its dpi if named, else size."""
    if settings.print.paper:
        return parse_paper(settings.print.paper, settings.print.dpi)
    return parse_size(settings.print.size)


def level_iterations(settings: Settings) -> tuple[int, ...]:
    """Optimizer iterations of the levels above display, by the way of matching."""
    if settings.style.matching == "places":
        return (0,)
    both = settings.style.matching == "both"
    return settings.paint.iterations if both else settings.levels.iterations


def with_level_iterations(settings: Settings, iterations: tuple[int, ...]) -> Settings:
    """The settings with other iterations of the levels above display."""
    if settings.style.matching == "places":
        return settings
    section = "paint" if settings.style.matching == "both" else "levels"
    changed = getattr(settings, section).model_copy(update={"iterations": iterations})
    return settings.model_copy(update={section: changed})


def apply_preset(settings: Settings) -> Settings:
    """The settings with iterations scaled by their quality, which is then ``standard``."""
    factor = _PRESETS[settings.quality]

    def scaled(iterations: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(max(min(count, 1), round(count * factor)) for count in iterations)

    display = settings.display
    settings = with_level_iterations(settings, scaled(level_iterations(settings)))
    return settings.model_copy(
        update={
            "quality": "standard",
            "display": display.model_copy(update={"iterations": scaled(display.iterations)}),
        }
    )


def to_record(settings: Settings) -> Tables:
    """The settings as plain JSON values, for run.json."""
    return settings.model_dump(mode="json")


def from_record(record: object) -> Settings:
    """The settings that `to_record` wrote.

    Raises:
        TilebrushError: They are damaged, or of another version.
    """
    try:
        return Settings.model_validate(record)
    except ValidationError as error:
        raise TilebrushError(
            f"the run's settings cannot be read ({_explained(error, {})}); "
            "use the version that made the run, or start anew with --force"
        ) from None
