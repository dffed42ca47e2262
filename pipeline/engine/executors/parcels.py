"""What many tasks share, sent once to every worker: by the coordinator, then by one another.

Whoever has a parcel hands it on to one other at a time, so that the time it takes grows with the
logarithm of the number of workers, and the coordinator's line carries it once or twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from pipeline.engine.executors import remote
from pipeline.engine.executors.line import Line
from pipeline.engine.executors.mates import Mate


class Parcels:
    """Who has what, and who gives it to whom."""

    def __init__(self, client: Any, line: Line) -> None:
        self._client, self._line = client, line
        self._sources: dict[str, asyncio.Queue[Mate | None]] = {}
        self._under_way: dict[tuple[str, str], asyncio.Future[None]] = {}

    async def send(self, shared: Any, mate: Mate) -> None:
        """See to it that a worker has a shared value; another call for the same waits for this one.

        Raises:
            OSError, TimeoutError: it could not be sent.
        """
        digest = shared.digest
        name = digest, mate.address
        if name in self._under_way:
            await asyncio.shield(self._under_way[name])
            return
        work = asyncio.ensure_future(self._brought(shared, digest, mate))
        self._under_way[name] = work
        work.add_done_callback(lambda done: self._over(name, done))
        await asyncio.shield(work)

    def _over(self, name: tuple[str, str], done: asyncio.Future[None]) -> None:
        self._under_way.pop(name, None)
        if not done.cancelled():
            done.exception()  # whoever waits is told of it; perhaps nobody does any longer

    async def _brought(self, shared: Any, digest: str, mate: Mate) -> None:
        if digest not in self._sources:
            self._sources[digest] = asyncio.Queue()
            self._sources[digest].put_nowait(None)  # the coordinator
        sources = self._sources[digest]
        while digest not in mate.has:
            source = await sources.get()
            if source is not None and (not source.ready or digest not in source.has):
                continue
            try:
                await self._while_there(self._carried(shared, digest, source, mate), source, mate)
            except Exception:
                if source is None or mate.left.is_set():
                    sources.put_nowait(source)
                    raise
                continue  # from somebody else
            mate.has.add(digest)
            sources.put_nowait(source)
            sources.put_nowait(mate)

    async def _while_there(
        self, work: Coroutine[Any, Any, None], source: Mate | None, mate: Mate
    ) -> None:
        """Wait for work between two workers until it is done or one of them has left."""
        carried = asyncio.ensure_future(work)
        ends = [one.left.wait() for one in (source, mate) if one is not None]
        left = [asyncio.ensure_future(each) for each in ends]
        try:
            await asyncio.wait(
                [carried, *left], timeout=self._line.limit, return_when=asyncio.FIRST_COMPLETED
            )
            if not carried.done():
                raise TimeoutError(f"worker {mate.name} did not get what it needs")
            carried.result()
        finally:
            for each in (carried, *left):
                each.cancel()

    async def _carried(self, shared: Any, digest: str, source: Mate | None, mate: Mate) -> None:
        client = self._client
        if source is None:
            data = await self._line.send(shared.parcel, mate)
        else:
            data = client.submit(remote.handed_on, digest, workers=[source.address], pure=False)
        kept = client.submit(remote.keep, data, workers=[mate.address], pure=False)
        if await kept != digest:
            raise OSError(f"worker {mate.name} keeps something else than {digest[:12]}")
