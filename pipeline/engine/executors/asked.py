"""The cluster that a user asks for, and the executor that comes of it: without one, no Dask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stages.errors import ClusterLost, UsageError

if TYPE_CHECKING:
    from pipeline.console.console import Console
    from pipeline.engine.executors.outcome import Executor
    from pipeline.run.keeper import Keeper
    from pipeline.run.workers import WorkerRow

_MOST = 256  # processes of a local cluster


@dataclass(frozen=True)
class Cluster:
    """A cluster: its scheduler's address, or local:N for N processes of this computer.

    `threads` is how many each worker computes with; 0: the cores of its computer, shared among its
    workers. With `fallback` a run goes on in this process while there is no worker.
    """

    address: str
    threads: int = 0
    fallback: bool = False

    def __post_init__(self) -> None:
        local = re.fullmatch(r"local:(\d{1,4})", self.address)
        if local and not 1 <= int(local[1]) <= _MOST:
            raise UsageError(f"--cluster is {self.address!r}; local:N takes 1 to {_MOST} processes")
        if not local and not re.fullmatch(r"(tcp|tls|ucx|ws|wss)://\S+:\d+/?", self.address):
            raise UsageError(
                f"--cluster is {self.address!r}; it must be tcp://HOST:PORT or tls://HOST:PORT of "
                "a Dask scheduler, or local:N for N processes of this computer"
            )


@contextmanager
def at_work(
    asked: Cluster | None, run: Keeper[Any], console: Console, pace: float = 0.0
) -> Iterator[Executor]:
    """`opened` for a run; who works on it is kept beside it as long as they do."""
    from pipeline.run import workers

    try:
        with opened(
            asked, console.message, lambda rows: workers.write(run.root, rows), run.log, pace
        ) as executor:
            yield executor
    finally:
        if asked is not None:
            workers.forget(run.root)


@contextmanager
def passing(asked: Cluster | None, console: Console) -> Iterator[Executor]:
    """`opened` for work of which no run is kept."""
    try:
        with opened(asked, console.message, lambda rows: None, console.message, 0.0) as executor:
            yield executor
    except ClusterLost as lost:
        where = asked.address if asked else "the cluster"
        raise ClusterLost(
            f"the scheduler at {where} is gone, and nothing was kept; run the command again, with "
            "or without --cluster"
        ) from lost


@contextmanager
def opened(
    asked: Cluster | None,
    say: Callable[[str], None],
    tell: Callable[[tuple[WorkerRow, ...]], None],
    note: Callable[[str], None],
    pace: float,
) -> Iterator[Executor]:
    """The executor that is asked for; let go of at the end.

    Raises:
        UsageError: the extra that it takes is not installed.
        TilebrushError: the cluster cannot be used.
    """
    if asked is None:
        from pipeline.engine.executors.here import Here

        yield Here()
        return
    try:
        from pipeline.engine.executors.afar import Afar
    except ImportError as error:
        raise UsageError(
            f"--cluster needs Dask, which is not installed ({error}); "
            "run pip install 'tilebrush[cluster]'"
        ) from error
    afar = Afar(asked, say, tell, note, pace)
    try:
        yield afar
    finally:
        afar.close()
