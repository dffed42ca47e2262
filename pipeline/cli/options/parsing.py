"""Texts of options and arguments, read and checked."""

from __future__ import annotations

import re

from pipeline.engine import table
from stages.errors import UsageError


def assignments(texts: list[str]) -> dict[str, object]:
    """KEY=VALUE texts as a mapping.

    Raises:
        UsageError: One has no key or no equals sign.
    """
    found: dict[str, object] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set is {text!r}; it must be KEY=VALUE, such as tiles.core=256")
        found[key.strip()] = value.strip()
    return found


def parse_stage(text: str) -> tuple[str, int | None]:
    """``NAME`` or ``NAME@LEVEL`` as name and level.

    Raises:
        UsageError: Unknown stage, bad level, or a level where there is none or the other way.
    """
    name, at, level = text.partition("@")
    stages = table.stages()
    if name not in stages:
        raise UsageError(f"stage is {name!r}; it must be one of {', '.join(stages)}")
    if not stages[name]:
        if at:
            raise UsageError(f"stage {name!r} has no levels; leave @{level} out")
        return name, None
    if not re.fullmatch(r"[1-9]\d?", level):
        raise UsageError(f"stage is {text!r}; it needs a level from 1, such as {name}@2")
    return name, int(level)


def parse_tile(text: str) -> tuple[int, int]:
    """``R,C`` as row and column, both from 0.

    Raises:
        UsageError: It is something else.
    """
    found = re.fullmatch(r"\s*(\d{1,4})\s*,\s*(\d{1,4})\s*", text)
    if not found:
        raise UsageError(f"--tile is {text!r}; it must be ROW,COLUMN from 0, such as 0,3")
    return int(found[1]), int(found[2])
