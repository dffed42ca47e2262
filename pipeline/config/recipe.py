"""Recipes: settings with a name, laid below what the user sets and above the defaults.

A recipe is a TOML file of ordinary settings with a table `[about]` on top. Those of the package are
published methods of the field; a file of the user's own is one as well, and may build on another
with `recipe = NAME`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.config.fields import all_fields
from pipeline.config.tables import Tables, anchor_files, check_keys, read
from stages.errors import UsageError

FOLDER = Path(__file__).parent / "recipes"
SUFFIX = ".toml"


class About(BaseModel):
    """What a recipe says of itself: what it is, where it is from, where it departs from that.

    `network` and `weights` are those of the publication; the settings choose what is used here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    source: str = ""
    network: str = ""
    weights: Literal["", "caffe", "torchvision"] = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One recipe: its name or file, what it says of itself, its settings, its text."""

    name: str
    about: About
    tables: Tables
    text: str

    def below(self, tables: Tables) -> Tables:
        """The recipe's settings with a file's laid over them.

        What a file sets to the built-in default does not count: a copy of the whole `pipeline.toml`
        would else undo every recipe.
        """
        return _laid(self.tables, _set(tables))


def names() -> list[str]:
    """The recipes of the package, in the order of the alphabet."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def find(name: str) -> Recipe:
    """A recipe of the package by its name, or of a file.

    Raises:
        UsageError: There is none, or its file cannot be read as one.
    """
    return _found(name, ())


def named(given: Mapping[str, object], tables: Tables, file: Path | None) -> Recipe | None:
    """The recipe that options name, else that of the settings in `file`; None if there is none."""
    chosen, folder = given.get("recipe"), Path.cwd()
    if chosen is None and file is not None:
        chosen, folder = tables.get("recipe"), file.resolve().parent
    return find(_anchored(chosen, folder)) if isinstance(chosen, str) and chosen else None


def _anchored(name: str, folder: Path) -> str:
    """The name of a recipe; of a file its whole path."""
    if not _is_file(name):
        return name
    try:
        return str((folder / Path(name).expanduser()).absolute())
    except (RuntimeError, ValueError) as error:  # no such user; a null byte
        raise UsageError(f"recipe is {name!r:.60}; no file has such a name ({error})") from None


def _is_file(name: str) -> bool:
    return name.endswith(SUFFIX) or "/" in name or "\\" in name


def _found(name: str, through: tuple[str, ...]) -> Recipe:
    if name in through:
        raise UsageError(f"recipe {name} builds on itself: {' on '.join((*through, name))}")
    path = Path(name) if _is_file(name) else FOLDER / f"{name}{SUFFIX}"
    if not _is_file(name) and name not in names():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "or name a .toml file"
        raise UsageError(f"unknown recipe {name!r:.60}; there are {', '.join(names())}; {hint}")
    tables = read(path)
    about = _about(tables.pop("about", {}), name)
    base = tables.pop("recipe", None)
    check_keys(tables, str(path))
    anchor_files(tables, path.resolve().parent)
    if isinstance(base, str) and base:
        found = _found(_anchored(base, path.resolve().parent), (*through, name))
        tables = _laid(found.tables, tables)
    return Recipe(name, about, tables, path.read_text(encoding="utf-8-sig"))


def _about(table: Any, name: str) -> About:
    try:
        return About.model_validate({"title": Path(name).stem, **table})
    except (ValidationError, TypeError) as error:
        what = "it must be a table"
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False)[0]
            what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UsageError(f"[about] of recipe {name} cannot be read; {what}") from None


def _laid(base: Tables, over: Tables) -> Tables:
    found = {name: dict(t) if isinstance(t, dict) else t for name, t in base.items()}
    for name, value in over.items():
        below = found.get(name)
        found[name] = {**below, **value} if isinstance(below, dict) else value
    return found


def _set(tables: Tables) -> Tables:
    """What tables set to another value than the default."""
    known = all_fields()

    def differs(key: str, value: object) -> bool:
        default = known[key].default
        return bool((tuple(value) if isinstance(value, list) else value) != default)

    found: Tables = {}
    for name, value in tables.items():
        if isinstance(value, dict):
            found[name] = {leaf: v for leaf, v in value.items() if differs(f"{name}.{leaf}", v)}
        elif differs(name, value):
            found[name] = value
    return found
