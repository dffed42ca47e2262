"""What is still to be made side by side, and what is to be made of an error."""

from __future__ import annotations

from collections import Counter, deque

from pipeline.engine.outputs import Place


class Queue:
    """Places that are to be made, those first that are to be tried again."""

    def __init__(self, places: list[Place]) -> None:
        self._rest, self._again = iter(places), deque[Place]()
        self.attempts: Counter[Place] = Counter()
        self.begun: dict[Place, str] = {}  # the key that each was last begun with

    def next(self) -> Place | None:
        """The next place, or None if there is none now."""
        return self._again.popleft() if self._again else next(self._rest, None)

    def again(self, place: Place) -> None:
        """Have a place tried once more."""
        self._again.append(place)


def out_of_memory(error: BaseException) -> bool:
    """Whether memory was short; torch says so in a RuntimeError."""
    return (
        isinstance(error, MemoryError)
        or "not enough memory" in str(error)
        or ("out of memory" in str(error))
    )
