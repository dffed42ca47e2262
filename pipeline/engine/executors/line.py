"""The line between the coordinator and a worker: straight, or through the scheduler where it must.

Pixels that go through the scheduler travel twice, and its one process unpacks and packs all of
them. Where the coordinator cannot reach workers (behind a forwarded port) that is what is left.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.engine.executors.mates import Mate

_TRIAL = 6.0  # seconds in which a worker must answer to count as one that can be reached


class Line:
    """Sends values to workers and fetches results, in at most `limit` seconds each."""

    def __init__(self, client: Any, limit: float) -> None:
        self._client, self.limit = client, limit

    async def reaches(self, address: str) -> bool:
        """Whether a worker can be reached without the scheduler."""
        try:
            await asyncio.wait_for(self._put(b"", address, True), _TRIAL)
        except Exception:
            return False
        return True

    async def send(self, value: object, mate: Mate) -> Any:
        """Have a worker hold a value; gives the future that stands for it.

        Raises:
            OSError, TimeoutError: it did not get there.
        """
        if mate.straight:
            try:
                return await asyncio.wait_for(self._put(value, mate.address, True), self.limit)
            except OSError:
                mate.straight = False
        return await asyncio.wait_for(self._put(value, mate.address, False), self.limit)

    async def fetch(self, future: Any, mate: Mate) -> Any:
        """What a future of a worker stands for; Dask asks the scheduler if the worker is not found.

        Raises:
            OSError, TimeoutError: it did not come.
        """
        return await asyncio.wait_for(self._client.gather(future, direct=mate.straight), self.limit)

    async def _put(self, value: object, address: str, straight: bool) -> Any:
        return await self._client.scatter(value, workers=[address], hash=False, direct=straight)
