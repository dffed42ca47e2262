"""Names of files that every file system takes."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

TEMPORARY = ".part-"
_LONGEST = 255  # bytes; what most file systems take where none can be asked
_ROOM = len(TEMPORARY) + 9  # what `part` puts before a name


def longest(folder: Path) -> int:
    """How many bytes a name in `folder` may have."""
    try:
        return min(_LONGEST, os.pathconf(folder, "PC_NAME_MAX"))
    except (AttributeError, OSError, ValueError):  # Windows, or a folder that does not tell
        return _LONGEST


def cut(stem: str, suffix: str, most: int) -> str:
    """`stem` and `suffix`, in at most `most` bytes: a part of a long stem, and its hash."""
    name = stem + suffix
    if len(os.fsencode(name)) <= most:
        return name
    mark = "-" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    room = max(0, most - len(os.fsencode(mark + suffix)))
    return os.fsencode(stem)[:room].decode("utf-8", "ignore") + mark + suffix


def part(path: Path) -> Path:
    """A temporary name beside `path`, never longer than it may be.

    It keeps the suffix, because some writers go by that.
    """
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= 16 else ""
    stem = path.name.removesuffix(suffix)
    short = cut(stem, suffix, longest(path.parent) - _ROOM)
    return path.parent / f"{TEMPORARY}{secrets.token_hex(4)}-{short}"
