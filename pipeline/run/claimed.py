"""Folders that `tilebrush stage` writes into: which files there are its own, to be replaced.

A small file, stage.json, names them. Whatever else is in such a folder belongs to the user and
stays; under the name of a file that would be written it is a reason to stop before any work.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.run import atomic
from stages.errors import UsageError

MARKER = "stage.json"
_AGAIN = "then run the command again"


def made(folder: Path, run: Path) -> None:
    """Make the folder, outside the run.

    Raises:
        UsageError: it is inside the run, or a file.
        TilebrushError: it cannot be made.
    """
    if folder.resolve() == run.resolve() or run.resolve() in folder.resolve().parents:
        raise UsageError(f"{folder} is inside the run; name a folder outside with --into")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new folder with --into")
    with atomic.explained(folder / MARKER, _AGAIN):
        folder.mkdir(parents=True, exist_ok=True)


def claim(folder: Path, names: Iterable[str], said: Mapping[str, object]) -> None:
    """Note that files of these names are about to be written; what was `said` is kept with them.

    Raises:
        UsageError: one of them is there, and no earlier call has noted it.
    """
    wanted, ours = list(names), _noted(folder)
    for name in (MARKER, *wanted):
        if name not in ours and os.path.lexists(folder / name):
            raise UsageError(
                f"{folder / name} is there and tilebrush stage has not written it; "
                "name another folder with --into, or move it away"
            )
    text = json.dumps({**said, "files": sorted({*ours, *wanted} - {MARKER})}, indent=1)
    marker = folder / MARKER
    atomic.atomic_write(marker, lambda part: _write(part, text + "\n"), _AGAIN)


def note(folder: Path, **found: object) -> None:
    """Keep what a rerun found with its claim."""
    marker = folder / MARKER
    said = json.loads(marker.read_text(encoding="utf-8")) | found
    atomic.atomic_write(
        marker, lambda part: _write(part, json.dumps(said, indent=1) + "\n"), _AGAIN
    )


def _write(part: Path, text: str) -> None:
    part.write_text(text, encoding="utf-8")


def _noted(folder: Path) -> set[str]:
    """Names of files that were claimed before, the marker's own with them."""
    try:
        said = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        files = said["files"] if isinstance(said["stage"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        return set()
    return {MARKER, *files}
