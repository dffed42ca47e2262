"""`print --force` over a finished run, and `clean`, stopped or failing at every file operation.

At any moment the folder holds the whole old print or the whole new one, never neither. What the old
run.json still stands for is untouched; afterwards the same command, or `resume`, finishes the new.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks import faulty
from benchmarks.faulty import POSSIBLE
from benchmarks.judge import Job, Judge, Row
from benchmarks.trials import CODES, Ended, contents

PRINTS = ("print.tif", "print.jpg")
OTHER = ("--force", "--set", "run.seed=1")  # settings of the new print


class Anew:
    """A new print in the place of the calm one, in a judge's field."""

    def __init__(self, judge: Judge) -> None:
        self.judge, self.field = judge, judge.field
        self.command = [*self.field.printing(), *OTHER]
        self.steps: list[str] = []
        self.wanted: dict[str, bytes] = {}

    def begin(self) -> None:
        """The new print in peace: its bytes and its file operations."""
        if self.steps:
            return
        self.field.fresh(finished=True)
        ended, self.steps = self.judge.watched(self.command)
        self.wanted = contents(self.field.run)
        new = all(self.wanted[name] != self.field.wanted[name] for name in PRINTS)
        if ended.code or not new or self.field.damaged():
            raise RuntimeError(f"the new print gives {ended.code}: {ended.said}")

    def kills(self, every: int, row: Row) -> None:
        """SIGKILL at every N-th operation."""
        self.begin()
        for number in self.judge.sample(self.steps, every):
            what, _ = self._struck(row, number, faulty.killed(number))
            self._finished(row, what)

    def faults(self, name: str, every: int, row: Row) -> None:
        """An error at every N-th operation at which it can happen."""
        self.begin()
        for number in self.judge.sample(self.steps, every, POSSIBLE[name]):
            what, ended = self._struck(row, number, faulty.failing(number, name))
            self.judge.expect(row, what, ended, (0, CODES[name]))
            self._finished(row, what)

    def _struck(self, row: Row, number: int, act: faulty.Act) -> tuple[str, Ended]:
        self.field.fresh(finished=True)
        old = (self.field.run / "run.json").read_bytes()
        ended = self.field.called(self.command, self.judge.layer(act))
        row.cases += 1
        what = f"operation {number} ({self.steps[number - 1]})"
        self._looked(row, what, old)
        return what, ended

    def _looked(self, row: Row, what: str, old: bytes) -> None:
        """The old print or the new one; of the old run all, as long as it is what run.json says."""
        found = contents(self.field.run)
        for name in PRINTS:
            whole = found.get(name) in (self.field.wanted[name], self.wanted[name])
            self.judge.note(row, "committed_lost", not whole, f"{what}: neither {name}")
        if (self.field.run / "run.json").read_bytes() == old:
            self.judge.note(
                row, "committed_lost", not self.field.same(), f"{what}: old run touched"
            )
        self.judge.note(row, "corrupt", len(self.field.damaged()), f"{what}: corrupt")

    def _finished(self, row: Row, what: str) -> None:
        """Every second time by `resume`, which of an old run not given up yet leaves all."""
        if row.cases % 2:
            ended = self.field.resume()
            self.judge.expect(row, f"{what}: resumed", ended, (0,))
        if contents(self.field.run) != self.wanted:
            if row.cases % 2 and not self.field.same():
                self.judge.note(row, "not_identical", 1, f"{what}: resumed to other bytes")
            ended = self.field.called(self.command)
            self.judge.expect(row, f"{what}: again", ended, (0,))
        other = contents(self.field.run) != self.wanted or bool(self.field.damaged())
        self.judge.note(row, "not_identical", other, f"{what}: other bytes")


def cleaned(judge: Judge, every: int, row: Row) -> None:
    """A killed `clean` leaves the print; nothing that was given up is made again."""
    field = judge.field
    command = ["clean", str(field.run)]
    field.fresh(finished=True)
    _, steps = judge.watched(command)
    wanted = contents(field.run)
    for number in judge.sample(steps, every):
        field.fresh(finished=True)
        field.called(command, judge.layer(faulty.killed(number)))
        row.cases += 1
        what = f"operation {number} ({steps[number - 1]})"
        kept = judge.stopped(row, what, Ended(0, ""))
        judge.expect(row, f"{what}: resumed", field.resume(), (0,))
        again = field.made().keys() - kept.keys()
        judge.note(row, "committed_lost", len(again), f"{what}: made again {again}")
        judge.expect(row, f"{what}: verified", field.called(["verify", str(field.run)]), (0,))
        judge.expect(row, f"{what}: again", field.called(command), (0,))
        judge.note(row, "not_identical", contents(field.run) != wanted, f"{what}: other files")


def jobs(judge: Judge, every: int) -> list[Job]:
    """All rows."""
    anew = Anew(judge)
    rows: list[tuple[str, Callable[[Row], None]]] = [
        ("print --force, kill -9", partial(anew.kills, every))
    ]
    rows += [(f"print --force, {name}", partial(anew.faults, name, every)) for name in POSSIBLE]
    return [*rows, ("clean, kill -9", partial(cleaned, judge, every))]
