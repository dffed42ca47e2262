"""Outputs made into a folder of their own, without records: for `display`, `stage`, `compare`.

The same rows and functions make them as in a run; only where files lie is another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engine import table
from pipeline.engine.executors.here import Here
from pipeline.engine.executors.outcome import Asked, Executor
from pipeline.engine.outputs import Brief, Job, Made, Ref, Scope

if TYPE_CHECKING:
    from stages.nst.studio import Studio


@dataclass
class Loose:
    """Makes outputs of a brief into `folder`; `elsewhere` gives the files of all others."""

    brief: Brief
    folder: Path
    open_studio: Callable[[], Studio]
    did: Callable[[float], None]
    elsewhere: Callable[[Ref], Path]
    made: dict[Ref, Path] = field(default_factory=dict)
    curves: dict[str, tuple[float, ...]] = field(default_factory=dict)
    executor: Executor = field(default_factory=Here)
    _studio: Studio | None = None

    def make(self, ref: Ref, name: str = "") -> Path:
        """Make an output as a file of that name, else of its own."""
        output = table.row(ref.name)
        return self._keep(ref, name, output.make(self.job(ref)))

    def side_by_side(self, refs: Sequence[Ref], name: Callable[[Ref], str]) -> None:
        """Make outputs that depend on one another in nothing, in any order, under names."""
        memo: dict[str, Any] = {}

        def asked(ref: Ref) -> Asked:
            output = table.row(ref.name)
            assert output.apart is not None
            work = output.work(self.brief, ref.place)
            return Asked(ref, partial(output.apart.task, self.job(ref, memo)), work)

        def did(ref: Ref, steps: int) -> None:
            apart = table.row(ref.name).apart
            assert apart is not None
            self.did(steps * apart.step(self.brief, ref.place))

        rest = map(asked, refs)
        for one in self.executor.outcomes(lambda: next(rest, None), did, self.studio, lambda: True):
            if one.error is not None:
                raise one.error
            apart = table.row(one.name.name).apart
            assert apart is not None
            self._keep(one.name, name(one.name), apart.made(one.result))

    def _keep(self, ref: Ref, name: str, result: Made) -> Path:
        output = table.row(ref.name)
        path = self.folder / (name or Path(output.file(ref.place, self.brief)).name)
        result.write(path)
        if result.losses:
            tile = f" {ref.place.row},{ref.place.col}" if output.scope is Scope.TILE else ""
            self.curves[f"{output.stage if not tile else 'tile'}{tile}"] = result.losses
        self.made[ref] = path
        return path

    def job(self, ref: Ref, memo: dict[str, Any] | None = None) -> Job:
        """What an output is made from; jobs that are made together share a `memo`."""
        return Job(
            output=table.row(ref.name),
            place=ref.place,
            brief=self.brief,
            found=lambda wanted: self.made.get(wanted) or self.elsewhere(wanted),
            open_studio=self.studio,
            did=self.did,
            executor=self.executor,
            memo={} if memo is None else memo,
        )

    @property
    def losses(self) -> list[float]:
        """All losses, one output after the other."""
        return [loss for curve in self.curves.values() for loss in curve]

    def studio(self) -> Studio:
        """The encoder at work, loaded when first asked for."""
        if self._studio is None:
            self._studio = self.open_studio()
        return self._studio


def needed(brief: Brief, ref: Ref) -> Iterator[Ref]:
    """An output and all that it is made from, in an order in which they can be made."""
    seen: dict[Ref, None] = {}

    def gather(one: Ref) -> None:
        for each in table.row(one.name).inputs(brief, one.place):
            if each not in seen:
                gather(each)
        seen[one] = None

    gather(ref)
    return iter(seen)


def changed(old: Brief, new: Brief, refs: Sequence[Ref]) -> list[Ref]:
    """Which of some outputs are decided otherwise by `new`, their inputs left out of account."""
    return [ref for ref in refs if _direct(old, ref) != _direct(new, ref)]


def _direct(brief: Brief, ref: Ref) -> object:
    output = table.row(ref.name)
    try:
        return output.direct(brief, ref.place) if output.there(brief, ref.place) else None
    except IndexError:  # a level or tile that this brief does not have
        return None
