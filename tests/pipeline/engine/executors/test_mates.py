"""Who gets which tile, when it is taken back, and when it is given twice."""

from __future__ import annotations

import time
from typing import Any

from pipeline.engine.executors import mates as rules
from pipeline.engine.executors.mates import Copy, Entry, Mate
from pipeline.engine.executors.outcome import Asked
from pipeline.host.energy import Used


def mate(name: str, mean: float = 0.0) -> Mate:
    found = Mate(f"tcp://{name}:1", name, name, facts=None)  # type: ignore[arg-type]
    found.mean = mean
    return found


def entry(name: str = "tile", work: float = 0.0) -> Entry:
    return Entry(Asked(name, lambda: None, work))  # type: ignore[arg-type, return-value]


def given(one: Entry, to: Mate, ago: float = 0.0) -> Copy:
    copy = Copy(one, to)
    copy.since = to.idle_since = time.monotonic() - ago
    one.copies.append(copy)
    to.copies.append(copy)
    return copy


def test_a_task_goes_where_it_is_ready_first() -> None:
    slow, fast = mate("slow", 10.0), mate("fast", 2.0)
    both = [slow, fast]
    assert rules.next_mate(entry(), both) is fast
    given(entry(), fast)
    assert rules.next_mate(entry(), both) is fast  # its second is ready after 4 s
    given(entry(), fast)
    assert rules.next_mate(entry(), both) is slow
    given(entry(), slow)
    given(entry(), slow)
    assert rules.next_mate(entry(), both) is None


def test_it_is_not_given_where_it_went_wrong_unless_there_is_nobody_else() -> None:
    one, other, task = mate("one"), mate("other"), entry()
    task.avoid = {one.address}
    assert rules.next_mate(task, [one, other]) is other
    other.running = False
    assert rules.next_mate(task, [one, other]) is one and not task.avoid


def test_who_is_silent_gets_nothing() -> None:
    quiet = mate("quiet")
    quiet.seen -= rules.SILENT + 1
    assert quiet.silent and rules.next_mate(entry(), [quiet]) is None


def test_the_last_tile_of_a_slow_worker_is_done_twice() -> None:
    slow, fast, task = mate("slow", 60.0), mate("fast", 5.0), entry()
    given(task, slow, ago=1.0)
    assert rules.worth_twice([task], fast, [slow, fast]) is task
    task.copies[0].since = slow.idle_since = time.monotonic() - 57.0  # ready in 3 s
    assert rules.worth_twice([task], fast, [slow, fast]) is None
    given(task, fast)
    assert rules.worth_twice([task], mate("third", 0.1), [slow, fast]) is None  # two have it


def test_what_takes_far_longer_than_others_hangs() -> None:
    one, task = mate("one", 20.0), entry()
    copy = given(task, one, ago=90.0)
    assert not rules.overdue(copy, [one], 0.0)
    copy.since = one.idle_since = time.monotonic() - 101.0
    assert rules.overdue(copy, [one], 0.0)
    assert not rules.overdue(given(entry(), one, ago=101.0), [one], 0.0)  # it waits for the first


def test_without_any_experience_the_pace_of_the_run_tells() -> None:
    one = mate("one")
    first: Any = given(entry(work=10.0), one, ago=120.0)
    assert not rules.overdue(first, [one], 0.0) and rules.overdue(first, [one], 1.0)


def test_a_task_may_take_as_much_longer_as_it_is_larger() -> None:
    one = mate("one")
    one.count(100.0, 10.0, Used(300.0, 60.0), beside=2)
    assert (one.rate, one.machine, one.metered, one.joules) == (10.0, 50.0, 30.0, 150.0)
    assert rules.overdue(given(entry(work=10.0), one, ago=501.0), [one], 0.0)
    one.copies.clear()
    assert not rules.overdue(given(entry(work=100.0), one, ago=501.0), [one], 0.0)
    one.copies.clear()
    one.forget()
    assert not rules.overdue(given(entry(work=10.0), one, ago=501.0), [one], 0.0)


def test_a_task_that_workers_die_of_is_given_up() -> None:
    task = entry()
    task.lost = 9
    assert not task.cursed
    task.lost += 1
    assert task.cursed
