"""The key of every output: a hash of all that decides its bytes.

A key holds the output's name and version, the settings and facts that its row names, and the keys
of what it is made from: a changed setting changes exactly the keys that depend on it.
"""

from __future__ import annotations

from pipeline.engine import table
from pipeline.engine.outputs import Brief, Place, Ref
from pipeline.run.records import key_of


class Keys:
    """The keys of one run's outputs, hashed when they are first asked for."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self._found: dict[Ref, str] = {}

    def of(self, ref: Ref) -> str:
        """The key of an output."""
        if ref not in self._found:
            output = table.row(ref.name)
            inputs = [self.of(each) for each in output.inputs(self.brief, ref.place)]
            self._found[ref] = key_of(output.direct(self.brief, ref.place), inputs)
        return self._found[ref]

    def at(self, name: str, place: Place | None = None) -> str:
        """The key of an output by name."""
        return self.of(Ref(name, place or Place()))
