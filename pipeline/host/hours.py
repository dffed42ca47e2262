"""Hours of the day: when a run may work, and how long it is until a time.

Times are local and without a zone, as people write them; what is waited for is compared with the
clock again and again, so that summer time and a computer that slept do no harm.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stages.errors import UsageError

_DAY = 24 * 3600
_TIME = r"([01]?\d|2[0-3]):([0-5]\d)"
# Seconds. A signal that strikes just before a sleep begins does not end it: the next look does. And
# a computer that wakes up late is noticed soon.
_LONGEST_SLEEP = 1.0


@dataclass(frozen=True)
class Window:
    """Hours of every day in which work is done; `start` and `end` in seconds from midnight."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Seconds a day."""
        return (self.end - self.start) % _DAY

    def opens(self, now: datetime) -> datetime:
        """When work may go on: now, or the next start."""
        passed = (_second_of_day(now) - self.start) % _DAY
        return now if passed < self.length else now + timedelta(seconds=_DAY - passed)

    def is_open(self, now: datetime) -> bool:
        """Whether work may be done."""
        return self.opens(now) == now

    def finish(self, now: datetime, seconds: float) -> datetime:
        """When `seconds` of work, gone on with from `now`, are done."""
        begin = self.opens(now)
        days, rest = divmod(seconds, self.length)
        if days and not rest:  # done when the window closes, not when it opens again
            days, rest = days - 1, float(self.length)
        # From any open moment, a whole window's work ends at the same time of the next day.
        begin += timedelta(days=days)
        left = self.length - (_second_of_day(begin) - self.start) % _DAY
        closed = 0 if rest <= left else _DAY - self.length
        return begin + timedelta(seconds=rest + closed)

    def between(self, begin: datetime, end: datetime) -> float:
        """Seconds of work from `begin` to `end`."""
        days, rest = divmod((end - begin).total_seconds(), _DAY)
        found = days * self.length
        opening = self.opens(begin)
        left = rest - (opening - begin).total_seconds()
        if left <= 0:
            return found
        until_close = self.length - (_second_of_day(opening) - self.start) % _DAY
        again = max(0.0, left - until_close - (_DAY - self.length))
        return found + min(left, until_close) + again


def _second_of_day(moment: datetime) -> float:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight).total_seconds()


def parse_window(text: str) -> Window:
    """Read hours such as ``22:00-07:00``.

    Raises:
        UsageError: They are no hours, or none at all.
    """
    found = re.fullmatch(rf"\s*{_TIME}\s*-\s*{_TIME}\s*", text)
    if not found:
        raise UsageError(f"hours are {text!r}; they must be like 22:00-07:00")
    start = int(found[1]) * 3600 + int(found[2]) * 60
    end = int(found[3]) * 3600 + int(found[4]) * 60
    if start == end:
        raise UsageError(f"hours are {text!r}; begin and end must differ")
    return Window(start, end)


def window(text: str) -> Window | None:
    """The window of a setting; None if it is empty."""
    return parse_window(text) if text else None


def parse_moment(text: str, now: datetime | None = None) -> datetime:
    """Read ``07:30``, the next such time, or ``2026-12-01 07:30``.

    Raises:
        UsageError: It is no time.
    """
    now = now or datetime.now()
    found = re.fullmatch(rf"\s*(?:(\d{{4}})-(\d\d)-(\d\d)[T ]\s*)?{_TIME}\s*", text)
    if not found:
        raise UsageError(f"time is {text!r}; it must be like 07:30 or 2026-12-01 07:30")
    hour, minute = int(found[4]), int(found[5])
    if found[1] is None:
        then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return then if then > now else then + timedelta(days=1)
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), hour, minute)
    except ValueError:
        raise UsageError(f"time is {text!r}; it must be like 07:30 or 2026-12-01 07:30") from None


def working_seconds(until: datetime, hours: Window | None, now: datetime) -> float:
    """Seconds of work from `now` to `until`, within the hours if there are any.

    Raises:
        UsageError: That time is past, or the hours leave nothing before it.
    """
    # With zones, since a night may have an hour more or less.
    seconds = (until.astimezone() - now.astimezone()).total_seconds()
    if seconds <= 0:
        raise UsageError(f"until is {until:%Y-%m-%d %H:%M}; it must be in the future")
    if hours is not None:
        seconds = min(seconds, hours.between(now, until))
        if seconds <= 0:
            raise UsageError(f"until is {until:%Y-%m-%d %H:%M}; only-between leaves no time to it")
    return seconds


def rest(seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Sleep so many seconds; a signal ends it at once, or within a second."""
    while seconds > 0:
        sleep(min(seconds, _LONGEST_SLEEP))
        seconds -= _LONGEST_SLEEP


class Gate:
    """Lets work go on within its hours."""

    def __init__(
        self,
        hours: Window | None,
        now: Callable[[], datetime] = datetime.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Without hours it is always open."""
        self.hours, self._now, self._sleep = hours, now, sleep

    def closed_until(self) -> datetime | None:
        """When it opens; None if it is open."""
        if self.hours is None:
            return None
        now = self._now()
        opens = self.hours.opens(now)
        return None if opens == now else opens

    def wait(self) -> None:
        """Sleep until it is open; a signal ends it at once, or within a second."""
        while (opens := self.closed_until()) is not None:
            left = (opens - self._now()).total_seconds()
            self._sleep(min(max(left, 0.05), _LONGEST_SLEEP))

    def clock_seconds(self, seconds: float) -> float:
        """Seconds on the clock that `seconds` of work take from now on."""
        if self.hours is None:
            return seconds
        now = self._now()
        return (self.hours.finish(now, seconds) - now).total_seconds()
