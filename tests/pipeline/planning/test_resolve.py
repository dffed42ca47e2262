"""Settings made exact: a time to be ready at becomes a budget."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.config.schema import RunSettings
from pipeline.planning.resolve import with_deadline
from stages.errors import UsageError

EVENING = datetime(2026, 11, 24, 21, 0)


def resolved(**changed: str) -> RunSettings:
    overrides = {f"run.{name}": value for name, value in changed.items()}
    return with_deadline(config.load(Path(os.devnull), overrides), EVENING).run


def test_a_time_becomes_a_budget() -> None:
    found = resolved(until="07:30")
    assert (found.until, config.parse_duration(found.budget)) == ("2026-11-25 07:30", 37_800)
    found = resolved(until="2026-12-24 21:00")
    assert config.parse_duration(found.budget) == 30 * 86_400


def test_only_the_hours_of_work_count() -> None:
    found = resolved(until="07:30", only_between="22:00-07:00")
    assert config.parse_duration(found.budget) == 9 * 3600


def test_without_a_time_nothing_changes() -> None:
    assert resolved(budget="2h").budget == "2h"
    assert resolved().budget == ""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"until": "07:30", "budget": "2h"}, "both"),
        ({"until": "2026-11-24 20:59"}, "future"),
        ({"until": "21:30", "only_between": "22:00-07:00"}, "leaves no time"),
    ],
)
def test_what_cannot_be_is_a_usage_error(changed: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        resolved(**changed)
    assert "\n" not in str(caught.value)
