"""Work that may be done anywhere: a task carries all that it reads, and finds tools where it runs.

In this process a task is run as it is. To another computer it goes pickled; what many tasks share
goes once, as a parcel, and by its hash ever after.
"""

from __future__ import annotations

import hashlib
import pickle
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from stages.nst.studio import Studio

_MOST_KEPT = 16  # shared values that a process keeps, those used last
_MOST_BYTES = 1 << 30

Value = TypeVar("Value")
Result = TypeVar("Result")


class Damaged(Exception):
    """A parcel's bytes are not those that its hash was taken of."""


class NotHere(Exception):
    """A shared value is asked for in a process that it was never sent to."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest


@dataclass(frozen=True)
class Parcel:
    """A value, pickled: `head`, and the bytes of its arrays, which are never copied into it."""

    digest: str
    head: bytes
    frames: tuple[NDArray[np.uint8], ...]

    @property
    def bytes(self) -> int:
        """How many there are to send."""
        return len(self.head) + sum(frame.nbytes for frame in self.frames)


def packed(value: object) -> Parcel:
    """A value as a parcel; arrays in it are views of the value's own memory."""
    found: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=found.append)
    frames = tuple(np.frombuffer(each.raw(), np.uint8) for each in found)
    return Parcel(_digest(head, frames), head, frames)


def unpacked(parcel: Parcel) -> Any:
    """The value of a parcel.

    Raises:
        Damaged: its bytes are not those that were packed.
    """
    if _digest(parcel.head, parcel.frames) != parcel.digest:
        raise Damaged(f"a parcel of {parcel.bytes} bytes came with another SHA-256")
    return pickle.loads(parcel.head, buffers=parcel.frames)


def _digest(head: bytes, frames: tuple[NDArray[np.uint8], ...]) -> str:
    found = hashlib.sha256(head)
    for frame in frames:
        found.update(f"|{frame.nbytes}|".encode())
        found.update(frame.data)
    return found.hexdigest()


class _Kept:
    """What was sent to this process: the values used last, by their hash."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, tuple[Any, Parcel]] = OrderedDict()

    def put(self, value: object, parcel: Parcel) -> None:
        """Keep a value and its parcel, whose bytes are those of the value's arrays."""
        self._values[parcel.digest] = value, parcel
        self._values.move_to_end(parcel.digest)
        while len(self._values) > 1 and (
            len(self._values) > _MOST_KEPT
            or sum(one.bytes for _, one in self._values.values()) > _MOST_BYTES
        ):
            self._values.popitem(last=False)

    def get(self, digest: str) -> tuple[Any, Parcel]:
        """A value and its parcel.

        Raises:
            NotHere: it is not kept.
        """
        if digest not in self._values:
            raise NotHere(digest)
        self._values.move_to_end(digest)
        return self._values[digest]

    def names(self) -> list[str]:
        """The hashes of all that is kept, what was used last at the end."""
        return list(self._values)


KEPT = _Kept()


def keep(parcel: Parcel) -> str:
    """Keep a parcel's value in this process; gives its hash.

    Raises:
        Damaged: its bytes are not those that were packed.
    """
    if parcel.digest not in KEPT.names():
        frames = tuple(each if each.flags.writeable else each.copy() for each in parcel.frames)
        own = Parcel(parcel.digest, parcel.head, frames)
        KEPT.put(unpacked(own), own)
    return parcel.digest


def handed_on(digest: str) -> Parcel:
    """The parcel of a value that this process keeps, for another one.

    Raises:
        NotHere: it does not keep it.
    """
    return KEPT.get(digest)[1]


class Shared(Generic[Value]):
    """A value that many tasks share: pickled it is its hash alone, see `keep`."""

    def __init__(self, value: Value) -> None:
        self._value: Value | None = value
        self._known = ""

    @property
    def value(self) -> Value:
        """The value itself.

        Raises:
            NotHere: this process has only its hash.
        """
        if self._value is None:
            self._value, _ = KEPT.get(self._known)
        return self._value

    @cached_property
    def parcel(self) -> Parcel:
        """What to send to a process that has not got it."""
        return packed(self.value)

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes, taken when it is first asked for."""
        return self._known or self.parcel.digest

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_digest, (self.digest,)


def _by_digest(digest: str) -> Shared[Any]:
    found = object.__new__(Shared)
    found._value, found._known = None, digest
    return found


class Tools(Protocol):
    """What a task finds where it runs."""

    @property
    def studio(self) -> Studio:
        """The encoder at work."""

    def step(self) -> None:
        """Told whenever one of the task's steps is done."""


class Task(ABC, Generic[Result]):
    """One piece of work: pixels and numbers in, pixels and numbers out, no file anywhere.

    Tasks are frozen dataclasses. What they give depends on them alone, not on what else was done
    before or where.
    """

    encoded = True  # whether it asks for the encoder
    steps = 1  # how often it tells of a step

    @property
    def name(self) -> str:
        """What it is, for people."""
        return ""

    def shared(self) -> tuple[Shared[Any], ...]:
        """What of it others share."""
        return ()

    @abstractmethod
    def run(self, tools: Tools) -> Result:
        """Do the work."""
