"""Tasks in this process, one after the other: what a computer by itself does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.engine.executors.outcome import Asked, Outcome
from pipeline.host.work_clock import worked
from stages.errors import TilebrushError

if TYPE_CHECKING:
    from stages.nst.studio import Studio


@dataclass(frozen=True)
class _Tools:
    """The tools of a task in this process."""

    open_studio: Callable[[], Studio]
    step: Callable[[], None]

    @property
    def studio(self) -> Studio:
        return self.open_studio()


class Here:
    """Does tasks in this process, in the order in which they are given."""

    def outcomes(
        self,
        more: Callable[[], Asked | None],
        did: Callable[[Any, int], None],
        studio: Callable[[], Studio],
        may_begin: Callable[[], bool] = lambda: True,
    ) -> Iterator[Outcome]:
        """See `Executor`; what the user can act on, and signals, are raised."""
        while (asked := more()) is not None:
            began = worked()
            tools = _Tools(studio, lambda name=asked.name: did(name, 1))  # type: ignore[misc]
            try:
                result = asked.make().run(tools)
            except TilebrushError:
                raise
            except Exception as error:
                yield Outcome(asked.name, error=error, seconds=worked() - began)
            else:
                yield Outcome(asked.name, result, seconds=worked() - began)
                result = None
