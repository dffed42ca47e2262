"""Inputs of a comparison, decoded once for all pictures that are made from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine import errand
from pipeline.engine.keys import Keys
from pipeline.engine.loose import Loose
from pipeline.engine.outputs import Brief, Ref
from stages.errors import TilebrushError

if TYPE_CHECKING:
    from stages.filed import Filed
    from stages.nst.studio import Studio
    from stages.tasks import Shared

_MOST = 8  # that are kept, up to 200 MB each, and those that pictures at work are made from


@dataclass
class Prepared:
    """Prepared inputs as files in `folder`; what was asked for longest ago goes first."""

    folder: Path
    _files: dict[str, Shared[Filed]] = field(default_factory=dict)
    _at_work: dict[str, set[str]] = field(default_factory=dict)  # what pictures are made from

    def of(self, brief: Brief, picture: str) -> dict[Ref, Shared[Filed]]:
        """What a picture is made from; it stays until the picture is `done`."""
        keys, found = Keys(brief), {}
        held = self._at_work.setdefault(picture, set())
        for ref in errand.inputs(brief):
            own = keys.of(ref)
            held.add(own)
            if own in self._files:
                self._files[own] = self._files.pop(own)  # the latest used
            else:
                self._make_room()
                loose = Loose(brief, self.folder, _none, _nothing, lambda ref: self.folder / "none")
                self._files[own] = errand.shared(loose.make(ref, self._name(own)))
            found[ref] = self._files[own]
        return found

    def paths(self, brief: Brief, picture: str) -> dict[Ref, Path]:
        """The same, as files."""
        found = self.of(brief, picture)
        return {ref: each.value.at(self.folder / "none") for ref, each in found.items()}

    def done(self, picture: str) -> None:
        """Hold its inputs no longer."""
        self._at_work.pop(picture, None)

    def _make_room(self) -> None:
        used = set[str]().union(*self._at_work.values())
        for own in [own for own in self._files if own not in used]:
            if len(self._files) < _MOST:
                return
            del self._files[own]
            (self.folder / self._name(own)).unlink()

    @staticmethod
    def _name(own: str) -> str:
        return f"input-{own[:16]}.npy"


def _none() -> Studio:
    raise TilebrushError("preparing takes no encoder")


def _nothing(work: float) -> None:
    """Files are read at another pace than pictures are made."""
