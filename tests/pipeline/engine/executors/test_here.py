"""The executor of one process: in order, one at a time, errors told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from pipeline.engine.executors.here import Here
from pipeline.engine.executors.outcome import Asked, Outcome, results
from stages.errors import UsageError
from stages.tasks import Task, Tools


@dataclass(frozen=True)
class Told(Task[int]):
    """Gives a number, or raises."""

    number: int
    error: Exception | None = None

    def run(self, tools: Tools) -> int:
        tools.step()
        if self.error is not None:
            raise self.error
        return self.number * 2


def asked(name: str, number: int, error: Exception | None = None) -> Asked:
    return Asked(name, partial(Told, number, error))


def no_studio() -> Any:
    return pytest.fail("no encoder is needed")


def outcomes(given: list[Asked], did: Callable[[Any, int], None]) -> Iterator[Outcome]:
    return Here().outcomes(lambda: given.pop(0) if given else None, did, no_studio)


def test_outcomes_come_in_order_and_what_failed_may_be_given_again() -> None:
    steps: list[Any] = []
    given = [asked("a", 1), asked("b", 2, ArithmeticError("nan")), asked("c", 3)]
    seen = []
    for one in outcomes(given, lambda name, count: steps.append((name, count))):
        seen.append((one.name, one.result, type(one.error).__name__))
        if one.error is not None and seen.count(seen[-1]) == 1:
            given.insert(0, asked("b", 2))
    assert seen == [
        ("a", 2, "NoneType"), ("b", None, "ArithmeticError"),
        ("b", 4, "NoneType"), ("c", 6, "NoneType"),
    ]  # fmt: skip
    assert steps == [("a", 1), ("b", 1), ("b", 1), ("c", 1)]


def test_what_the_user_can_act_on_ends_it() -> None:
    with pytest.raises(UsageError):
        list(outcomes([asked("a", 1, UsageError("no"))], lambda *_: None))


def test_results_are_numbered_and_errors_raised() -> None:
    done: list[int] = []
    tasks = (partial(Told, number) for number in range(3))
    assert list(results(Here(), tasks, done.append, no_studio)) == [(0, 0), (1, 2), (2, 4)]
    assert done == [1, 1, 1]
    with pytest.raises(RuntimeError, match="broken"):
        list(results(Here(), [partial(Told, 1, RuntimeError("broken"))], done.append, no_studio))
