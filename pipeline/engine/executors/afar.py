"""Tasks on the workers of a cluster; all that is written is still written by this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipeline.engine.executors.asked import Cluster
from pipeline.engine.executors.crew import Crew
from pipeline.engine.executors.here import Here
from pipeline.engine.executors.mates import DEPTH, Mate
from pipeline.engine.executors.outcome import Asked, Outcome
from pipeline.run.workers import WorkerRow
from stages.errors import ClusterLost, TilebrushError

if TYPE_CHECKING:
    from stages.elsewhere import Kit
    from stages.nst.studio import Studio

_TICK = 0.25  # seconds that this process waits for an outcome before it looks around
_TELL = 2.0  # seconds between two times that is told who does what
_ALONE = 15.0  # seconds without any worker after which the wait is told of, or ended


class Afar:
    """Does tasks on a cluster; with `fallback` in this process while there is none."""

    def __init__(
        self,
        asked: Cluster,
        say: Callable[[str], None],
        tell: Callable[[tuple[WorkerRow, ...]], None],
        note: Callable[[str], None],
        pace: float = 0.0,
    ) -> None:
        """`say` tells the user something in a line, `tell` keeps who does what, `note` mishaps.

        `pace` is in seconds per megapixel-iteration, as far as one is known.

        Raises:
            TilebrushError: nobody answers there, or no worker is of use.
        """
        self.asked, self._say, self._tell = asked, say, tell
        self.crew = Crew(asked.address, self._kit, note, pace)
        self._here = Here()
        self._studio: Callable[[], Studio] | None = None
        self._shared: Any = None
        self._told = self._lived = time.monotonic()
        self._waiting, self._said_of = False, set[str]()
        try:
            self.crew.start()
        except Exception as error:
            raise TilebrushError(
                f"no cluster can be used at {asked.address} ({str(error).splitlines()[0]}); "
                "start one with dask scheduler, and workers with dask worker; docs/cluster.md"
            ) from error
        try:
            self._first_worker()
        except BaseException:
            self.close()
            raise

    def _first_worker(self) -> None:
        """Wait for a worker that is of use; refuse the cluster if all that there are are not."""
        began = time.monotonic()
        while not self.crew.mates and not self.crew.gone:
            time.sleep(0.05)
            if self.crew.refused and time.monotonic() - began > 2.0:
                why = "; ".join(list(self.crew.refused.values())[:3])
                raise TilebrushError(
                    f"no worker at {self.asked.address} can take part: {why}; "
                    "install the same versions on all computers"
                )
            if time.monotonic() - began > _ALONE:
                return  # told of when there is something to do

    def _kit(self, mate: Mate, encoded: bool) -> Kit:
        """What a worker computes with."""
        from stages import elsewhere
        from stages.computing import Device, Precision
        from stages.tasks import Shared

        beside = max(1, self.crew.hosts[mate.host])
        threads = self.asked.threads or max(1, mate.facts.cores // beside)
        if not encoded:
            return elsewhere.Kit(None, "", Precision.FLOAT32, Device.CPU, threads)
        assert self._studio is not None
        studio = self._studio()
        if self._shared is None or self._shared.value is not studio.encoder:
            self._shared = Shared(studio.encoder)
        return elsewhere.Kit(
            encoder=self._shared,
            weights=studio.encoder.fingerprint,
            precision=Precision.BFLOAT16 if studio.bfloat16 else Precision.FLOAT32,
            device=Device(studio.device.type),
            threads=threads,
            form=studio.form,
            sketches=studio.sketches,
        )

    def outcomes(
        self,
        more: Callable[[], Asked | None],
        did: Callable[[Any, int], None],
        studio: Callable[[], Studio],
        may_begin: Callable[[], bool] = lambda: True,
    ) -> Iterator[Outcome]:
        """See `Executor`.

        Raises:
            ClusterLost: the scheduler is gone, and nothing is to be done without it.
        """
        self._studio = studio
        self.crew.forget_means()
        out: dict[Any, Asked] = {}
        while True:
            while len(out) < DEPTH * max(1, self.crew.live) + 2 and (not out or may_begin()):
                asked = more()
                if asked is None:
                    break
                out[asked.name] = asked
                self.crew.put(asked)
            if not out:
                self._look(tell=True)
                return
            taken = self.crew.take(_TICK)
            if taken is not None:
                outcome, steps = taken
                if out.pop(outcome.name, None) is not None:
                    did(outcome.name, steps)
                    yield outcome
                continue
            self._look()
            if self.crew.gone and not self.asked.fallback:
                raise ClusterLost(
                    f"the scheduler at {self.asked.address} is gone; what was finished is saved; "
                    "run tilebrush resume, with or without --cluster"
                )
            if self._alone():
                yield from self._by_itself(out, did, studio)

    def _by_itself(
        self, out: dict[Any, Asked], did: Callable[[Any, int], None], studio: Callable[[], Studio]
    ) -> Iterator[Outcome]:
        """Do one task in this process."""
        asked = next(iter(out.values())) if self.crew.gone else self.crew.give_back()
        if asked is None:
            return
        del out[asked.name]
        given = [asked]
        yield from self._here.outcomes(lambda: given.pop() if given else None, did, studio)

    def _alone(self) -> bool:
        """Whether there is no worker, and this process is to go on without."""
        if self.crew.live:
            if self._waiting:
                self._say("there are workers again, going on")
            self._lived, self._waiting = time.monotonic(), False
            return False
        if self.crew.gone or time.monotonic() - self._lived > _ALONE:
            if not self._waiting:
                self._waiting = True
                then = (
                    "going on with this computer alone"
                    if self.asked.fallback
                    else ("waiting for one; nothing is lost, Ctrl+C stops")
                )
                self._say(f"no worker is left at {self.asked.address}: {then}")
            return self.asked.fallback
        return False

    def _look(self, *, tell: bool = False) -> None:
        """Tell who does what, and of workers that cannot take part."""
        for address, why in list(self.crew.refused.items()):
            if address not in self._said_of:
                self._said_of.add(address)
                self._say(f"warning: {why}; it gets nothing to do")
        if tell or time.monotonic() - self._told > _TELL:
            self._told = time.monotonic()
            self._tell(self.crew.rows())

    def close(self) -> None:
        """Let go of the cluster."""
        self.crew.close()
