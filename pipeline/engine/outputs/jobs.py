"""One output to make, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.engine.outputs.brief import Brief
from pipeline.engine.outputs.places import Place, Ref

# The command line reads the stages' names off the table: what takes long to import waits.
if TYPE_CHECKING:
    from pipeline.engine.executors.outcome import Executor
    from pipeline.engine.outputs.rows import Output
    from stages.nst.studio import Studio
    from stages.tasks import Task


@dataclass(frozen=True)
class Made:
    """An output, computed; `write` puts it in a file, `notes` go into its record."""

    write: Callable[[Path], object]
    notes: Mapping[str, Any] = field(default_factory=dict)
    losses: tuple[float, ...] = ()


Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Job:
    """One output to make: what its row says it may read, and nothing else."""

    output: Output
    place: Place
    brief: Brief
    found: Callable[[Ref], Path]  # the file of an input
    open_studio: Callable[[], Studio]
    did: Callable[[float], None]  # told of megapixel-iterations as they are done
    decided: Callable[[int], tuple[int, ...]] | None = None  # iterations by the budget
    executor: Executor | None = None  # what does its tasks; without one this process does
    memo: dict[str, Any] = field(default_factory=dict)  # shared with the jobs of its neighbours

    def path(self, name: str, **changed: int) -> Path:
        """The file of an input, at this job's place but for what is changed.

        Raises:
            KeyError: the output's row does not name it, so its key would not depend on it.
        """
        ref = Ref(name, self.place.at(**changed))
        if ref not in self.output.inputs(self.brief, self.place):
            raise KeyError(f"{self.output.name} reads {name} {self.place}, which it does not name")
        return self.found(ref)

    def setting(self, key: str) -> Any:
        """The value of a setting.

        Raises:
            KeyError: the output's row does not name it, so its key would not depend on it.
        """
        if key not in self.output.settings:
            raise KeyError(f"{self.output.name} reads {key}, which its row does not name")
        from pipeline.config.fields import value_of

        return value_of(self.brief.settings, key)

    @property
    def studio(self) -> Studio:
        """The encoder at work, loaded when first asked for."""
        return self.open_studio()

    def once(self, name: str, find: Callable[[], Kept]) -> Kept:
        """What is the same for all places of the output that are made together, found once."""
        if name not in self.memo:
            self.memo[name] = find()
        found: Kept = self.memo[name]
        return found

    def results(
        self, tasks: Iterable[Callable[[], Task[Any]]], step: float = 0.0
    ) -> Iterator[tuple[int, Any]]:
        """The results of tasks by number, in any order; a step of them counts as so much work."""
        from pipeline.engine.executors.here import Here
        from pipeline.engine.executors.outcome import results

        executor = self.executor or Here()
        return results(executor, tasks, lambda steps: self.did(steps * step), self.open_studio)
