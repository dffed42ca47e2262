"""run.json and the copy of it, which nothing else in a run could bring back."""

from __future__ import annotations

from pathlib import Path

from pipeline.run.atomic import atomic_write_bytes, atomic_write_text
from pipeline.run.records import FORMAT, Manifest, OtherFormat, Problem, read_manifest, sealed
from stages.errors import TilebrushError

MANIFEST = "run.json"
COPY = ".run.json"


def exists(root: Path) -> bool:
    """Whether there is one of the two."""
    return (root / MANIFEST).is_file() or (root / COPY).is_file()


def read(root: Path) -> Manifest:
    """What run.json says, or its copy if run.json is damaged.

    Raises:
        TilebrushError: Both are damaged, or it is of a newer version.
    """
    path = root / MANIFEST
    found, copy = _found(path), _found(root / COPY)
    for whole in (found, copy):
        if isinstance(whole, Manifest):
            return whole
    for other in (found, copy):
        if isinstance(other, OtherFormat):
            raise TilebrushError(_of_another_version(path, other))
    raise TilebrushError(
        f"{path} is damaged ({_first_line(found)}); start a new run in another folder"
    )


def _of_another_version(path: Path, found: OtherFormat) -> str:
    if found.format > FORMAT:
        return f"{path} has format {found.format}, this tilebrush reads {FORMAT}; update tilebrush"
    return (
        f"{path} was begun by tilebrush {found.made_by} (format {found.format}; this one has "
        f"{FORMAT}) and nothing in it is touched; finish it with that version, begin a new run in "
        "another folder, or start anew here with --force"
    )


def _first_line(error: object) -> str:
    return " ".join(str(error).split())[:200]


def write(root: Path, manifest: Manifest) -> None:
    """Replace both."""
    for name in (MANIFEST, COPY):
        atomic_write_text(root / name, sealed(manifest))


def mend(root: Path) -> str:
    """Make both the same again from whichever is whole; says what was wrong with run.json."""
    found, copy = _found(root / MANIFEST), _found(root / COPY)
    if isinstance(found, Manifest) and found != copy:
        atomic_write_bytes(root / COPY, (root / MANIFEST).read_bytes())
    elif isinstance(found, Exception) and isinstance(copy, Manifest):
        atomic_write_bytes(root / MANIFEST, (root / COPY).read_bytes())
        return f"{MANIFEST}: {_first_line(found)}; made again from its copy"
    return ""


def problems(root: Path) -> list[Problem]:
    """What is wrong with them."""
    rows = []
    for name in (MANIFEST, COPY):
        found = _found(root / name)
        if isinstance(found, Exception) and not isinstance(found, OtherFormat):
            gone = isinstance(found, FileNotFoundError)
            rows.append(Problem(name, "no file" if gone else "damage", "settings and inputs"))
    return rows


def _found(path: Path) -> Manifest | Exception:
    try:
        return read_manifest(path.read_bytes())
    except (ValueError, OSError) as error:
        return error
