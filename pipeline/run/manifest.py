"""What a folder says about itself, such as run.json, and the copy of it.

Nothing else in the folder could bring it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.run.atomic import atomic_write_bytes, atomic_write_text
from pipeline.run.records import (
    FORMAT,
    Manifest,
    OtherFormat,
    Problem,
    Sealed,
    read_manifest,
    sealed,
)
from stages.errors import TilebrushError

Kind = TypeVar("Kind", bound=Sealed)


@dataclass(frozen=True)
class Twofold(Generic[Kind]):
    """A file of that `name` and its copy, read as a `kind` by `reader`."""

    name: str
    kind: type[Kind]
    reader: Callable[[bytes], Kind]

    @property
    def names(self) -> tuple[str, str]:
        """The file and its copy."""
        return self.name, f".{self.name}"

    def exists(self, root: Path) -> bool:
        """Whether there is one of the two."""
        return any((root / name).is_file() for name in self.names)

    def read(self, root: Path) -> Kind:
        """What the file says, or its copy if it is damaged.

        Raises:
            TilebrushError: Both are damaged, or it is of a newer version.
        """
        path = root / self.name
        both = [self.found(root / name) for name in self.names]
        for whole in both:
            if isinstance(whole, self.kind):
                return whole
        for other in both:
            if isinstance(other, OtherFormat):
                raise TilebrushError(_of_another_version(path, other))
        raise TilebrushError(
            f"{path} is damaged ({_first_line(both[0])}); start a new run in another folder"
        )

    def write(self, root: Path, manifest: Kind) -> None:
        """Replace both."""
        for name in self.names:
            atomic_write_text(root / name, sealed(manifest))

    def mend(self, root: Path) -> str:
        """Make both the same again from whichever is whole; says what was wrong with the file."""
        path, copy = (root / name for name in self.names)
        found, other = self.found(path), self.found(copy)
        if isinstance(found, self.kind) and found != other:
            atomic_write_bytes(copy, path.read_bytes())
        elif isinstance(found, Exception) and isinstance(other, self.kind):
            atomic_write_bytes(path, copy.read_bytes())
            return f"{self.name}: {_first_line(found)}; made again from its copy"
        return ""

    def problems(self, root: Path) -> list[Problem]:
        """What is wrong with them."""
        rows = []
        for name in self.names:
            found = self.found(root / name)
            if isinstance(found, Exception) and not isinstance(found, OtherFormat):
                gone = isinstance(found, FileNotFoundError)
                rows.append(Problem(name, "no file" if gone else "damage", "settings and inputs"))
        return rows

    def found(self, path: Path) -> Kind | Exception:
        """What one of the two says, or why it says nothing."""
        try:
            return self.reader(path.read_bytes())
        except (ValueError, OSError) as error:
            return error


RUN = Twofold("run.json", Manifest, read_manifest)


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
