"""Everything that can happen to a run, many times over; the print must be the calm one's.

    python -m benchmarks.torture [--kills 1000] [--cuts 200] [--every 1] [--flips 300] [--seed 0]
        [--out FOLDER]

A tiny print is made in forked children under a layer that sees every file operation (see
`benchmarks.faulty`). Kills: at random operations and at random moments, several per print. Faults:
each possible error at every N-th operation. Power cuts: see `benchmarks.powercut`; every second one
on the strictest disk. Damage: single bits, cuts and deletions among all files of a finished run.
Then what else happens to runs: see `benchmarks.mishaps`. Exit code 1 if anything is lost, differs
or is told badly. Linux only.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import anew, faulty, mishaps
from benchmarks.common import print_table, save_json
from benchmarks.faulty import POSSIBLE, Layer
from benchmarks.judge import Job, Judge, Row
from benchmarks.powercut import power_cut
from benchmarks.trials import CODES, Ended, Field

KILLS_PER_PRINT = 6


class Torture(Judge):
    """The kinds of mishap that strike a print at its file operations."""

    def kills(self, row: Row, count: int) -> None:
        """SIGKILL, half of them in the midst of a file operation, several for each print."""
        longest = len(self.steps) * 2 // KILLS_PER_PRINT
        while row.cases < count:
            self.field.fresh()
            kept: dict[str, int] = {}
            for _ in range(min(KILLS_PER_PRINT, count - row.cases)):
                what, ended = self._killed(longest)
                row.cases += 1
                again = self.again(kept)
                self.note(row, "committed_lost", len(again), f"{what}: made again {again}")
                kept = self.stopped(row, what, ended)
                if ended.code >= 0:
                    break
            self.resumed(row, "after kills", kept)

    def _killed(self, longest: int) -> tuple[str, Ended]:
        if self.dice.random() < 0.5:
            number = self.dice.randint(1, longest)
            return f"kill at operation {number}", self.field.resume(
                self.layer(faulty.killed(number))
            )
        delay = self.dice.uniform(0, self.field.seconds * 2 / KILLS_PER_PRINT)
        return f"kill after {delay:.3f} s", self.field.resume(kill_after=delay)

    def every_kill(self, row: Row, every: int) -> None:
        """SIGKILL once at every N-th operation."""
        for number in self.sample(self.steps, every):
            self.field.fresh()
            ended = self.field.begin(self.layer(faulty.killed(number)))
            row.cases += 1
            what = f"operation {number} ({self.steps[number - 1]})"
            self.resumed(row, what, self.stopped(row, what, ended))

    def faults(self, row: Row, name: str, every: int) -> None:
        """One error at every N-th operation at which it can happen."""
        for number in self.sample(self.steps, every, POSSIBLE[name]):
            self.field.fresh()
            ended = self.field.begin(self.layer(faulty.failing(number, name)))
            row.cases += 1
            what = f"operation {number} ({self.steps[number - 1]})"
            # Some are got over: leftovers that cannot be removed, a folder listed for nothing.
            clear = ended.clear and bool(ended.said) == (ended.code != 0)
            right = ended.code in (0, CODES[name])
            self.note(row, "unclear", not (clear and right), f"{what}: {ended.code} {ended.said}")
            self.resumed(row, what, self.stopped(row, what, ended))

    def cuts(self, row: Row, count: int) -> None:
        """The power goes at a random operation, and once more in half of the resumed runs."""
        for case in range(count):
            self.field.fresh()
            strict = case % 2 == 0
            kept: dict[str, int] = {}
            for _ in range(self.dice.choice((1, 2))):
                number = self.dice.randint(1, len(self.steps))
                ended = self._cut(number, None if strict else random.Random(case))
                what = f"power cut at operation {number}, {'strict' if strict else case}"
                kept = self.stopped(row, what, ended)
            row.cases += 1
            self.resumed(row, what, kept)

    def _cut(self, number: int, dice: random.Random | None) -> Ended:
        run, left = self.field.run, self.field.folder / "left"
        shutil.rmtree(left, ignore_errors=True)

        def setup() -> None:
            act, flushed = power_cut(number, run, left, dice)
            Layer(run, act, flushed).install()

        ended = self.field.resume(setup)
        if ended.code < 0:
            shutil.rmtree(run, ignore_errors=True)
            if left.exists():
                left.rename(run)
        return ended


def tortured(field: Field, args: argparse.Namespace) -> list[Row]:
    """All rows of the table."""
    torture = Torture(field, args.seed)
    jobs: list[Job] = [
        ("kill -9, at random", partial(torture.kills, count=args.kills)),
        ("kill -9, at each operation", partial(torture.every_kill, every=args.every)),
    ]
    for name in POSSIBLE:
        job = partial(torture.faults, name=name, every=args.every)
        jobs.append((f"{name} at each operation", job))
    jobs.append(("power cut", partial(torture.cuts, count=args.cuts)))
    jobs += mishaps.jobs(torture, args.flips, args.each)
    jobs += anew.jobs(torture, args.every)
    rows = []
    for what, run_job in [job for job in jobs if args.only in job[0]]:
        row, began = Row(what), time.monotonic()
        run_job(row)
        row.seconds = round(time.monotonic() - began, 1)
        rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if there was any fault."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--every", type=int, default=1, help="faults at each N-th operation")
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--each", type=int, default=20, help="times of each other mishap")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows that have this in them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    # In memory, where there is such a disk: what is tried are operations, not how long they take.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        field = Field(Path(folder).resolve())
        rows = tortured(field, args)
    print_table(f"Mishaps of a print of {field.seconds:.1f} s", rows)
    save_json(args.out, "torture", rows)
    return 1 if any(row.faults for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
