"""Kill a real print again and again with SIGKILL; the finished files must be those of a calm run.

    python -m benchmarks.kills [--kills 20] [--size 1600x1200] [--seed 0] [--out FOLDER]

Delays are uniform between nothing and a third of the calm run's time, so that a print is killed
about six times and kills fall into stages as long as those last. A print that gets to its end is
compared byte by byte, and a fresh one takes the remaining kills. Exit code 1 if any byte differs.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import (
    INPUTS,
    command,
    print_table,
    result_of,
    save_json,
    settings_arguments,
)
from pipeline.engine import table
from pipeline.engine.outputs import Place, Ref
from pipeline.run.layout import Layout
from stages.errors import RunMissing

ITERATIONS = {
    "display.iterations": "16,10,6",
    "levels.iterations": "8,3",
    "paint.iterations": "8,3",
    "levels.sweeps": "2,1",
    "tiles.core": "384",
}
PRINTS = ("print.tif", "print.jpg")


@dataclass(frozen=True)
class Kill:
    """One kill: what it hit and what it cost."""

    kill: int
    print: int
    after_seconds: float
    stage: str
    done_share: float
    seconds_lost: float
    outputs_redone: int


@dataclass(frozen=True)
class Finished:
    """One print that was killed and came to its end all the same."""

    print: int
    kills: int
    tiff_same: bool
    jpeg_same: bool


class Bench:
    """A calm run, then prints that are killed, in one folder."""

    def __init__(self, folder: Path, size: str, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.begin = ["print", *INPUTS, "--size", size, "--set", "print.fit=cover"]
        self.begin += settings_arguments(ITERATIONS)
        self.kills: list[Kill] = []
        self.finished: list[Finished] = []
        began = time.monotonic()
        result_of(*self.begin, "--run", str(self.calm))
        self.calm_seconds = time.monotonic() - began
        # "auto" is decided by a trial, which might end otherwise in a later print.
        record = json.loads((self.calm / "run.json").read_text())["resolved"]
        self.begin += ["--set", f"run.precision={record['run']['precision']}"]

    @property
    def calm(self) -> Path:
        """The run that nobody kills."""
        return self.folder / "calm"

    def go(self, kills: int) -> None:
        """Kill so many times, over as many prints as that takes, and let the last one finish."""
        number = 0
        while len(self.kills) < kills:
            number += 1
            self.one_print(number, kills)

    def one_print(self, number: int, kills: int) -> None:
        """One print from its beginning to its end, killed until then."""
        run, first = self.folder / f"print-{number}", len(self.kills)
        delay: float | None = self._delay()
        before: dict[Path, int] = {}
        while not self._survives(run, delay):
            assert delay is not None
            self.kills.append(self._examined(run, number, delay, before))
            before = _outputs(run)
            delay = self._delay() if len(self.kills) < kills else None
        same = [filecmp.cmp(self.calm / name, run / name, shallow=False) for name in PRINTS]
        self.finished.append(Finished(number, len(self.kills) - first, *same))
        if all(same):  # one that differs is kept until the end, to be looked at
            shutil.rmtree(run)

    def _delay(self) -> float:
        return self.random.uniform(0, self.calm_seconds / 3)

    def _survives(self, run: Path, delay: float | None) -> bool:
        """Begin or resume a print; whether it ended before it was killed after `delay` seconds."""
        begun = (run / "run.json").is_file()
        arguments = ["resume", str(run)] if begun else [*self.begin, "--run", str(run)]
        with (self.folder / "said.txt").open("w+") as said:
            process = subprocess.Popen(
                command(*arguments), stdout=subprocess.DEVNULL, stderr=said, text=True
            )
            try:
                code = process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
                if code < 0:
                    return False
            if code:
                said.seek(0)
                raise RuntimeError(f"tilebrush {arguments[0]} gave {code}: {said.read()}")
        return True

    def _examined(self, run: Path, number: int, delay: float, before: dict[Path, int]) -> Kill:
        """What a kill left, as `tilebrush status` tells it."""
        now = time.time()
        outputs = _outputs(run)
        # Of what was finished at the last kill, that which was made again since.
        redone = sum(outputs.get(path, made) != made for path, made in before.items())
        last = max(outputs.values(), default=0) / 1e9
        lost = min(delay, now - last)
        stage, share = stage_of(run)
        return Kill(len(self.kills) + 1, number, delay, stage, share, lost, redone)


def _outputs(run: Path) -> dict[Path, int]:
    """Every finished output of a run and when its record was written, ns."""
    layout = Layout(run)
    records = {path: layout.record_path(path) for path in layout.recorded()}
    return {path: record.stat().st_mtime_ns for path, record in records.items()}


def stage_of(run: Path) -> tuple[str, float]:
    """The stage that a stopped run is in, and the share of its work that is done."""
    done = subprocess.run(
        command("status", str(run), "--json"), capture_output=True, text=True, check=False
    )
    if done.returncode == RunMissing.exit_code:
        return "before run.json", 0.0
    if done.returncode:
        raise RuntimeError(f"tilebrush status gave {done.returncode}: {done.stderr}")
    status, layout = json.loads(done.stdout), Layout(run)
    for level in status["levels"]:
        number = level["level"]
        if level["done_share"] == 1:
            continue
        if number == 0:
            stage = "display" if _recorded(layout, Ref("photo")) else "prepare"
        elif not _recorded(layout, Ref("level photo", Place(level=number))):
            stage = f"upsample@{number}"
        else:
            stage = f"restyle@{number} sweep {level['sweep']} tiles {level['tiles']}"
        return stage, float(status["done_share"])
    return ("after the last file" if status["state"] == "finished" else "finish"), 1.0


def _recorded(layout: Layout, ref: Ref) -> bool:
    return layout.record_path(table.row(ref.name).file(ref.place)).is_file()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables; 1 if any print differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--size", default="1600x1200")
    parser.add_argument("--seed", type=int, default=0, help="of the delays")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), args.size, args.seed)
        bench.go(args.kills)
    print_table(f"Kills; the calm run took {bench.calm_seconds:.0f} s", bench.kills)
    print_table("Prints, compared byte by byte with the calm run's", bench.finished)
    save_json(args.out, "kills", bench.kills)
    save_json(args.out, "kills-prints", bench.finished)
    return 0 if all(row.tiff_same and row.jpeg_same for row in bench.finished) else 1


if __name__ == "__main__":
    sys.exit(main())
