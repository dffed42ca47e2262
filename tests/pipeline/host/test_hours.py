"""Hours of the day: windows, waiting, times to be ready at."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.host import hours
from pipeline.host.hours import Gate, Window
from stages.errors import Interrupted, UsageError

NIGHT = hours.parse_window("22:00-07:00")
DAY = hours.parse_window("9:00 - 17:30")
MINUTES = st.integers(0, 24 * 60 - 1)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = draw(st.lists(MINUTES, min_size=2, max_size=2, unique=True))
    return Window(start * 60, end * 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_window_may_span_midnight() -> None:
    assert NIGHT.length == 9 * 3600 and DAY.length == 8.5 * 3600
    for moment, is_open in (("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True),
                            ("07:00", False), ("12:00", False), ("21:59", False)):  # fmt: skip
        assert NIGHT.is_open(at(f"2026-11-24 {moment}")) is is_open
    assert NIGHT.opens(at("2026-11-24 07:00")) == at("2026-11-24 22:00")
    assert DAY.opens(at("2026-11-24 17:30")) == at("2026-11-25 09:00")


def test_work_that_does_not_fit_goes_on_in_the_next_night() -> None:
    noon = at("2026-11-24 12:00")
    assert NIGHT.finish(noon, 3600) == at("2026-11-24 23:00")
    assert NIGHT.finish(noon, 9 * 3600) == at("2026-11-25 07:00")
    assert NIGHT.finish(noon, 10 * 3600) == at("2026-11-25 23:00")
    assert NIGHT.finish(at("2026-11-24 06:00"), 2 * 3600) == at("2026-11-24 23:00")


@given(windows(), MOMENTS, st.integers(1, 40 * 24 * 3600))
def test_there_is_as_much_work_before_the_finish_as_was_asked_for(
    window: Window, now: datetime, seconds: int
) -> None:
    finish = window.finish(now, seconds)
    assert window.between(now, finish) == pytest.approx(seconds, abs=1e-3)
    assert window.is_open(finish - timedelta(seconds=1))
    assert finish - now >= timedelta(seconds=seconds)


@given(windows(), MOMENTS)
def test_a_window_opens_within_a_day(window: Window, now: datetime) -> None:
    opens = window.opens(now)
    assert now <= opens < now + timedelta(days=1)
    assert window.is_open(opens)
    assert window.between(now, now + timedelta(days=1)) == pytest.approx(window.length)


@pytest.mark.parametrize("text", ["", "22-7", "22:00", "24:00-07:00", "22:00-22:00", "a:b-c:d"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"22:00-07:00|differ"):
        hours.parse_window(text)


def test_the_next_such_time() -> None:
    now = at("2026-11-24 07:30")
    assert hours.parse_moment("07:31", now) == at("2026-11-24 07:31")
    assert hours.parse_moment("7:30", now) == at("2026-11-25 07:30")
    assert hours.parse_moment("2026-12-01 07:30", now) == at("2026-12-01 07:30")
    for text in ("", "7", "25:00", "2026-13-01 07:30", "2026-02-30 07:30", "tomorrow"):
        with pytest.raises(UsageError, match="07:30"):
            hours.parse_moment(text, now)


def test_working_time_until_a_time() -> None:
    now = at("2026-11-24 21:00")
    morning = at("2026-11-25 07:30")
    assert hours.working_seconds(morning, None, now) == 10.5 * 3600
    assert hours.working_seconds(morning, NIGHT, now) == 9 * 3600
    with pytest.raises(UsageError, match="future"):
        hours.working_seconds(now, None, now)
    with pytest.raises(UsageError, match="leaves no time"):
        hours.working_seconds(at("2026-11-24 21:30"), NIGHT, now)


class Sleeper:
    """A clock that runs only while one sleeps, and lags as a suspended computer's does."""

    def __init__(self, now: str, stretch: float = 1.0) -> None:
        self.now, self.stretch, self.slept = at(now), stretch, 0

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += 1
        self.now += timedelta(seconds=seconds * self.stretch)


@pytest.mark.parametrize("stretch", [1.0, 500.0])
def test_the_gate_opens_by_itself(stretch: float) -> None:
    sleeper = Sleeper("2026-11-24 21:00", stretch)
    gate = Gate(NIGHT, sleeper.clock, sleeper.sleep)
    assert gate.closed_until() == at("2026-11-24 22:00")
    gate.wait()
    assert gate.closed_until() is None
    assert at("2026-11-24 22:00") <= sleeper.now
    assert sleeper.now < at("2026-11-24 22:00") + timedelta(seconds=stretch)
    slept = sleeper.slept
    gate.wait()
    assert sleeper.slept == slept


def test_a_signal_ends_the_wait() -> None:
    def struck(seconds: float) -> None:
        raise Interrupted(15)

    with pytest.raises(Interrupted):
        Gate(NIGHT, Sleeper("2026-11-24 12:00").clock, struck).wait()


def test_the_clock_takes_longer_than_the_work() -> None:
    sleeper = Sleeper("2026-11-24 12:00")
    assert Gate(NIGHT, sleeper.clock).clock_seconds(3600) == 11 * 3600
    assert Gate(None).clock_seconds(3600) == 3600


def test_no_sleep_is_long_enough_to_miss_a_signal_that_strikes_before_it() -> None:
    sleeper = Sleeper("2026-11-24 21:59")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        sleeper.sleep(seconds)

    Gate(NIGHT, sleeper.clock, sleep).wait()
    assert max(slept) <= 1 and sum(slept) >= 60
    slept.clear()
    hours.rest(2.5, sleep)
    assert slept == [1.0, 1.0, 0.5]
