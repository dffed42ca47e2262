"""Budgets: iterations fitted level by level to the time left, and kept in the run."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_files import Files, wrong

from pipeline.commands.print import print_run
from pipeline.commands.status import status as run_status
from pipeline.commands.verify import verify
from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.console.console import Console
from pipeline.engine import decisions, table
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Brief, Job, Place
from pipeline.planning import estimate, levels
from pipeline.planning.estimate import Pace
from pipeline.planning.levels import Plan
from pipeline.run import usage as spent
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages import restyle
from stages.errors import Interrupted

ASKED = (150, 40, 20, 8)
PACE = 3.0  # seconds per megapixel-iteration in the first trial
INPUTS = (Input("photo", "/p", "p", "11", 1), Input("style", "/s", "s", "22", 1))


def wanted(hours: float | None, **changed: object) -> Settings:
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    if hours is not None:
        overrides["run.budget"] = f"{hours:.3f}h"
    moments = {"style.matching": "moments", "levels.iterations": ASKED}
    return config.load(Path(os.devnull), moments | overrides)


def whole_hours() -> float:
    """What the print takes as it was asked for."""
    return sum(decisions.level_seconds(wanted(None), Pace(PACE, PACE))) / 3600


class Made:
    """A run with a budget of which some outputs are made, as far as records tell."""

    def __init__(self, folder: Path, hours: float | None) -> None:
        asked = wanted(hours)
        self.settings = decisions.fitted(asked, Pace(PACE, PACE)) if hours else asked
        self.manifest = Manifest(
            config.to_record(asked),
            config.to_record(self.settings),
            INPUTS,
            {"encoder weights": "ee"},
            pace=PACE if hours else 0.0,
        )
        self.run = RunDir.create(folder, self.manifest)
        self.brief = decisions.brief_of(self.run, self.manifest)

    @property
    def plan(self) -> Plan:
        return self.brief.plan

    def output(self, path: Path, seconds: float) -> None:
        self.run.commit(path, lambda out: out.write_text("x"), {"key": "k", "seconds": seconds})

    def displayed(self) -> None:
        self.output(Files(self.run).display_canvas(), PACE * sum(s.work for s in self.plan.display))

    def restyled(self, number: int, pace: float) -> None:
        """All tiles of a level, at so many seconds per work."""
        level, row = self.plan.levels[number - 1], table.row("tile")
        for sweep, grid in enumerate(level.grids, start=1):
            for tile in grid.tiles:
                place = Place(level=number, sweep=sweep, row=tile.row, col=tile.col)
                seconds = pace * row.work(self.brief, place)
                self.output(self.run.path(row.file(place)), seconds)

    def decide(self, number: int) -> list[int]:
        """As the worker does: the row's output, if it is not there, and the plan with it."""
        row, place = table.row("budget"), Place(level=number)
        if row.there(self.brief, place):
            path, key = Files(self.run).budget(number), Keys(self.brief).at("budget", place)
            made = row.make(self.job(place))
            if not self.run.valid(path, key, check="hash"):
                self.run.commit(path, lambda out: made.write(out), {"key": key, **made.notes})
        self.brief = decisions.brief_of(self.run, self.manifest)
        return [level.iterations for level in self.plan.levels]

    def job(self, place: Place) -> Job:
        return Job(
            output=table.row("budget"), place=place, brief=self.brief, found=lambda ref: Path(),
            open_studio=lambda: pytest.fail("no encoder is needed"), did=lambda work: None,
            decided=lambda level: decisions.decide(self.run, self.manifest, self.brief, level),
        )  # fmt: skip

    def forget(self) -> None:
        self.brief = Brief(self.settings, levels.make(self.settings), INPUTS, "ee")

    def left(self, number: int, pace: float) -> float:
        """Seconds that the levels from `number` on take."""
        return sum(estimate.level_seconds(table.level_work(self.brief), Pace(pace, pace))[number:])


# ---- fitting


def test_a_run_that_keeps_its_pace_keeps_its_iterations(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    before = [level.iterations for level in made.plan.levels]
    assert before[0] < ASKED[0]
    made.displayed()
    assert made.decide(1) == pytest.approx(before, abs=1)
    made.restyled(1, PACE)
    # Files take no time here, so that a little is left over.
    assert made.decide(2) == pytest.approx(before, rel=0.1, abs=1)


@pytest.mark.parametrize("real", [0.5 * PACE, 1.5 * PACE])
def test_later_levels_follow_the_pace_of_real_tiles(tmp_path: Path, real: float) -> None:
    hours = 0.6 * whole_hours()
    made = Made(tmp_path / "run", hours)
    made.displayed()
    first = made.decide(1)
    for number in (2, 3, 4):
        made.restyled(number - 1, real)
        found = made.decide(number)
        assert found[: number - 1] == [level.iterations for level in made.plan.levels][: number - 1]
        more = [
            new > old for new, old in zip(found[number - 1 :], first[number - 1 :], strict=True)
        ]
        assert all(more) if real < PACE else not any(more)
        left = hours * 3600 - spent.of(made.run).seconds
        # Few iterations are left to choose from: one more would be too many.
        assert 0.6 * left < made.left(number, real) <= left
    made.restyled(4, real)
    assert 0.7 < spent.of(made.run).seconds / (hours * 3600) < 1


def test_a_budget_used_up_gives_the_least_and_the_print_is_made(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    made.displayed()
    made.decide(1)
    made.restyled(1, 1000 * PACE)
    assert made.decide(2)[1:] == [2, 2, 2]
    made.restyled(2, PACE)
    assert made.decide(3)[2:] == [2, 2]
    assert made.plan.size == made.plan.levels[-1].size


def test_no_more_than_four_times_what_was_asked_for(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 100 * whole_hours())
    assert made.decide(1) == [4 * count for count in ASKED]
    made.restyled(1, PACE / 100)
    assert made.decide(2) == [4 * count for count in ASKED]


@settings(max_examples=15)  # each writes a run of some files
@given(st.floats(0.05, 5), st.floats(0.01, 100))
def test_any_pace_stays_within_bounds_and_time(
    tmp_path_factory: pytest.TempPathFactory, share: float, slow: float
) -> None:
    hours = share * whole_hours()
    made = Made(tmp_path_factory.mktemp("any") / "run", hours)
    made.restyled(1, slow * PACE)
    found = made.decide(2)[1:]
    assert all(2 <= count <= 4 * own for count, own in zip(found, ASKED[1:], strict=True))
    left = hours * 3600 - spent.of(made.run).seconds
    # Records hold milliseconds, which is coarse for tiles as fast as some of these.
    assert found == [2, 2, 2] or made.left(2, slow * PACE) <= 1.01 * left


def test_the_middle_tile_counts_not_one_that_was_stopped(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 2.0)
    made.restyled(3, PACE)
    level = made.plan.levels[2]
    made.output(Files(made.run).tile(3, level.sweeps, 0, 0), 36_000)
    assert decisions.tile_pace(made.run, made.brief, 4) == pytest.approx(PACE, rel=1e-3)
    assert decisions.tile_pace(made.run, made.brief, 3) is None


def test_without_a_trial_the_display_gives_the_pace(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    made.displayed()
    made.manifest = replace(made.manifest, pace=0.0)
    slow = made.decide(1)
    assert 2 < slow[0] < ASKED[0]


# ---- what is kept


def test_what_is_decided_stays(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    made.displayed()
    made.decide(1)
    made.restyled(1, 1.5 * PACE)
    found = made.decide(2)
    for _ in range(2):  # the pace of later tiles is nothing to it
        made.restyled(1, 0.1 * PACE)
        assert made.decide(2) == found
    again = decisions.brief_of(made.run, made.manifest)
    assert again.plan == made.plan


@pytest.mark.parametrize("damaged", ["output", "record"])
@pytest.mark.parametrize("how", ["gone", "other"])
def test_what_is_decided_outlives_damage(tmp_path: Path, damaged: str, how: str) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    found = made.decide(1)
    path = Files(made.run).budget(1)
    victim = path if damaged == "output" else made.run.record_path(path)
    if how == "gone":
        victim.unlink()
    else:
        victim.write_text(victim.read_text().replace("{", "[", 1))
    assert wrong(made.run) or (damaged, how) == ("record", "gone")
    made.output(Files(made.run).display_canvas(), 3000)  # a new decision would be another
    made.forget()
    assert made.decide(1) == found
    assert not wrong(made.run)


def test_nonsense_is_decided_anew(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    found = made.decide(1)
    path = Files(made.run).budget(1)
    key = made.run.record(path).key
    for iterations in ([], [1], ["a"] * 4, [0, 1, 1, 1], 5, None):
        text = json.dumps({"key": key, "iterations": iterations})
        said = {"key": key, "iterations": iterations}
        made.run.commit(path, lambda out, text=text: out.write_text(text), said)
        made.forget()
        assert decisions.brief_of(made.run, made.manifest).plan == made.plan
        assert made.decide(1) == found


def test_other_settings_are_not_decided_for(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    made.displayed()
    made.decide(1)
    fewer = made.settings.levels.model_copy(update={"iterations": (5,)})
    other = made.settings.model_copy(update={"levels": fewer})
    found = decisions.brief_of(made.run, made.manifest, other).plan.levels
    assert [level.iterations for level in found] == [5] * 4


def test_keys_change_from_the_changed_level_on(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 0.6 * whole_hours())
    made.displayed()
    made.decide(1)

    def keys() -> list[str]:
        own = Keys(made.brief)
        above = [own.at("level canvas", Place(level=number)) for number in range(1, 5)]
        return [own.at("display canvas"), *above]

    before = keys()
    made.restyled(1, 3 * PACE)
    made.decide(2)
    after = keys()
    assert before[:2] == after[:2]
    assert all(old != new for old, new in zip(before[2:], after[2:], strict=True))


def test_without_a_budget_nothing_is_decided(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", None)
    before = made.plan
    assert made.decide(1) == list(ASKED)
    assert before == made.plan == levels.make(made.settings)
    assert not Files(made.run).budget(1).exists()


def test_a_line_tells_what_changed(tmp_path: Path) -> None:
    made = Made(tmp_path / "run", 2.0)
    before = made.plan
    after = levels.iterated(before, 3, (7, 5))
    said = decisions.told(made.settings, before, after, 3)
    assert said.startswith("budget 2.000h: from level 3 on [7, 5] iterations per level instead of")
    until = made.settings.run.model_copy(update={"until": "2026-12-01 07:30"})
    named = made.settings.model_copy(update={"run": until})
    assert decisions.name(named) == "until 2026-12-01 07:30"


# ---- whole prints


def settled(run: Path) -> dict[str, Any]:
    return {path.parent.name: json.loads(path.read_text()) for path in run.glob("*/budget.txt")}


def test_a_print_with_a_wrong_trial_finishes_and_resumes_the_same(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, asked = tmp_path / "run", {"run_budget": "90s", "paint_iterations": "3"}
    # The trial finds a computer a thousand times too slow.
    monkeypatch.setattr(estimate, "measure", lambda studio, made: Pace(900.0, 900.0))
    real, seen = restyle.restyle_tile, []

    def struck(studio, job, look, *given, **named):
        level = 2 if "@2" in job.name else 1
        seen.append((level, look.iterations))
        if level == 2 and len(seen) > 8:
            raise Interrupted(15)
        return real(studio, job, look, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(restyle, "restyle_tile", struck)
        chosen = printer.resolved(**asked)
        with pytest.raises(Interrupted):
            print_run(printer.photo, [printer.style], run, chosen, Console())
    assert "from level 2 on [12] iterations per level instead of [2]" in capsys.readouterr().err
    assert {count for level, count in seen if level == 1} == {2}
    before = settled(run)
    status = run_status(run)
    assert [level.iterations for level in status.levels[1:]] == [2, 12]
    monkeypatch.setattr(estimate, "measure", None)  # no further trial
    made = print_run(printer.photo, [printer.style], run, chosen, Console())
    assert "iterations per level" not in capsys.readouterr().err  # all was said before
    assert made.tiles_found > 0 and made.size == "240x180"
    assert settled(run) == before and sorted(before) == ["restyle-1", "restyle-2"]
    assert not verify(run).problems
    assert printer.resume(run).tiles_computed == printer(run, **asked).tiles_computed == 0
    kept = RunDir.open(run)
    planned = decisions.brief_of(kept, kept.manifest()).plan
    assert [level.iterations for level in planned.levels] == [2, 12]


def test_a_budget_does_not_hide_other_iterations(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages.errors import RunDiffers

    monkeypatch.setattr(estimate, "measure", lambda studio, made: Pace(1e-6, 1e-6))
    printer(tmp_path / "run", run_budget="1h", paint_iterations="1")
    with pytest.raises(RunDiffers, match=r"paint\.iterations"):
        printer(tmp_path / "run", run_budget="1h", paint_iterations="2")
    with pytest.raises(RunDiffers, match=r"run\.budget"):
        printer(tmp_path / "run", run_budget="2h", paint_iterations="1")


def test_the_same_time_to_be_ready_at_is_the_same_run(
    printer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "measure", lambda studio, made: Pace(1e-6, 1e-6))
    asked = {"run_until": "2099-01-01 07:30", "paint_iterations": "1"}
    printer(tmp_path / "run", **asked)
    levels = run_status(tmp_path / "run").levels[1:]
    assert [level.iterations for level in levels] == [4, 4]
    assert printer(tmp_path / "run", **asked).tiles_computed == 0  # less time is left by now
