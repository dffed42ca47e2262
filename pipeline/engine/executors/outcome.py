"""What an executor is: given tasks as it has room for them, it gives outcomes in any order."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from stages.nst.studio import Studio
    from stages.tasks import Task


@dataclass(frozen=True)
class Asked:
    """A task that `make` makes ready, and what whoever asked for it knows it by.

    Making one reads pixels, and may be done in any thread, and again if a worker was lost. `work`
    is in megapixel-iterations, as far as it is known.
    """

    name: Hashable
    make: Callable[[], Task[Any]]
    work: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of a task: its result, or the error that it ended with.

    `seconds` are its share of the time of all work: those of its own, divided by how many were at
    work at once. `notes` go into the record of what is made of it.
    """

    name: Any
    result: Any = None
    error: Exception | None = None
    seconds: float = 0.0
    notes: tuple[tuple[str, Any], ...] = ()


class Executor(Protocol):
    """Does tasks; neither stages nor the run directory know which one it is."""

    def outcomes(
        self,
        more: Callable[[], Asked | None],
        did: Callable[[Any, int], None],
        studio: Callable[[], Studio],
        may_begin: Callable[[], bool],
    ) -> Iterator[Outcome]:
        """The outcomes of tasks, each as soon as it is there, in any order.

        `more` gives the next task, or None if there is none now; after an outcome was taken it is
        asked again, so what failed can be given once more. It is over when there is none and all
        outcomes were taken. `did` is told of steps of a task as they are done. While `may_begin`
        says no and something is under way, nothing new is begun.
        """


def results(
    executor: Executor,
    tasks: Iterable[Callable[[], Task[Any]]],
    did: Callable[[int], None],
    studio: Callable[[], Studio],
    may_begin: Callable[[], bool] = lambda: True,
) -> Iterator[tuple[int, Any]]:
    """The results of tasks with their numbers from 0, in any order; an error is raised."""
    numbered = enumerate(tasks)

    def more() -> Asked | None:
        number, make = next(numbered, (0, None))
        return None if make is None else Asked(number, make)

    for one in executor.outcomes(more, lambda _, steps: did(steps), studio, may_begin):
        if one.error is not None:
            raise one.error
        yield one.name, one.result
