"""Whether a signal has told this process to end.

`Interrupted` strikes wherever the process is. A library that is at work then, being imported for
instance, may take it for a failure of its own and go on without the part that failed; whoever does
long work asks here whether that has happened.
"""

from __future__ import annotations

from stages.errors import Interrupted

_told: list[int] = []


def tell(number: int) -> None:
    """A signal of that number told this process to end."""
    _told.append(number)


def forget() -> None:
    """Nothing was told, or it has been heeded."""
    _told.clear()


def check() -> None:
    """Go on only if nothing was told.

    Raises:
        Interrupted: something was.
    """
    if _told:
        raise Interrupted(_told[0])
