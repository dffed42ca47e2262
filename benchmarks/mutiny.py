"""One print on a cluster whose workers, scheduler and network fail: its bytes are the calm ones.

    python -m benchmarks.mutiny [--worker-kills 50] [--scheduler-kills 5] [--cuts 1] [--out FOLDER]

Workers are killed (and now and then only stopped) while they compute, under nannies that start them
again. One worker is on a wire that is cut without a word. When the scheduler is killed, the print
ends with exit code 130; all is started anew and the print resumed. At the end the print's files are
compared byte by byte with those of a print in one process with as many threads. The encoder is one
of a few thousand numbers, with many iterations: it is not the picture that counts here.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.common import INPUTS, command, print_table, save_json, settings_arguments
from benchmarks.computers import Computers, waited
from benchmarks.trials import write_inputs

PRINTS = ("print.tif", "print.jpg")
SETTINGS = {
    "display.size": "160x120", "display.iterations": "10", "paint.iterations": "30",
    "levels.sweeps": "2", "tiles.core": "128", "tiles.overlap": "16", "tiles.halo": "32",
    "run.threads": "1", "run.precision": "float32", "run.memory": "8GB",
}  # fmt: skip
_EVERY = 1.5  # seconds between two mishaps, in the mean


@dataclass
class Row:
    """What was done to one print, and what became of it."""

    worker_kills: int = 0
    worker_stops: int = 0
    network_cuts: int = 0
    scheduler_kills: int = 0
    resumes: int = 0
    lost_tasks: int = 0
    seconds: float = 0.0
    same_bytes: bool = False


@dataclass(frozen=True)
class Wanted:
    """How often what is to happen."""

    workers: int
    schedulers: int
    cuts: int


class Mutiny:
    """A print under mishaps."""

    def __init__(
        self, folder: Path, inputs: Sequence[str], settings: dict[str, str], size: str
    ) -> None:
        self.folder, self.row, self.dice = folder, Row(), random.Random(0)
        given = ["--size", size, "--quiet", *settings_arguments(settings)]
        self.begin = ["print", *inputs, *given, "--run"]
        self.computers = Computers(count=3)

    def calm(self) -> Path:
        """The same print in one process."""
        run = self.folder / "calm"
        subprocess.run(command(*self.begin, str(run)), check=True)
        return run

    def _started(self, run: Path) -> subprocess.Popen[str]:
        again = ["resume", str(run), "--quiet"] if run.exists() else [*self.begin, str(run)]
        cluster = ["--cluster", self.computers.address, "--cluster-threads", "1"]
        return subprocess.Popen(
            command(*again, *cluster), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )

    def go(self, wanted: Wanted) -> Path:
        """The print, with everything that is to happen to it.

        Raises:
            RuntimeError: it ended in another way than it may.
        """
        run, began = self.folder / "mutiny", time.monotonic()
        try:
            while True:
                self.computers.start(wired=1)
                process = self._started(run)
                last = self.row.scheduler_kills >= wanted.schedulers
                self._trouble(process, run, wanted, last)
                _, said = process.communicate()
                self.computers.stop()
                if process.returncode == 0:
                    break
                if process.returncode != 130:
                    raise RuntimeError(f"the print ended with {process.returncode}: {said}")
                self.row.resumes += 1
        finally:
            self.computers.stop()
        self.row.seconds = time.monotonic() - began
        log = (run / "run.log").read_text() if (run / "run.log").is_file() else ""
        self.row.lost_tasks = log.count("was lost on worker")
        return run

    def _trouble(
        self, process: subprocess.Popen[str], run: Path, wanted: Wanted, last: bool
    ) -> None:
        """Mishaps until the print ends, or the scheduler is killed; the last time all the rest."""
        row, share = self.row, wanted.workers / (wanted.schedulers + 1)
        until = wanted.workers if last else round(share * (row.scheduler_kills + 1))
        cuts = wanted.cuts if last else row.network_cuts
        waited(lambda: process.poll() is not None or _computing(run))
        while process.poll() is None:
            time.sleep(self.dice.expovariate(1 / _EVERY))
            if row.worker_kills < until:
                if self.dice.random() < 0.1:
                    row.worker_stops += self.computers.strike(self.dice, signal.SIGSTOP)
                else:
                    row.worker_kills += self.computers.strike(self.dice)
            elif row.network_cuts < cuts:
                self.computers.cut()
                time.sleep(20)
                self.computers.mend()
                row.network_cuts += 1
            elif not last:
                self.computers.kill_scheduler()
                row.scheduler_kills += 1
                return


def _computing(run: Path) -> bool:
    """Whether workers are at work."""
    return (run / ".workers.json").is_file()


def main(arguments: Sequence[str] | None = None) -> int:
    """1 if the print is another one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--worker-kills", type=int, default=50)
    parser.add_argument("--scheduler-kills", type=int, default=5)
    parser.add_argument("--cuts", type=int, default=1)
    parser.add_argument("--size", default="900x675")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder))
        settings = SETTINGS | {"encoder.name": str(Path(folder) / "tiny.safetensors")}
        mutiny = Mutiny(Path(folder), INPUTS, settings, args.size)
        calm = mutiny.calm()
        run = mutiny.go(Wanted(args.worker_kills, args.scheduler_kills, args.cuts))
        mutiny.row.same_bytes = all(
            (run / name).read_bytes() == (calm / name).read_bytes() for name in PRINTS
        )
        done = subprocess.run(command("verify", str(run), "--quiet"), check=False).returncode
    print_table("Mishaps of one print on three workers", [mutiny.row])
    save_json(args.out, "mutiny", [mutiny.row])
    happened = asdict(mutiny.row)
    enough = happened["worker_kills"] >= args.worker_kills or args.worker_kills == 0
    if not enough:
        print("the print was ready before all of it had happened", file=sys.stderr)
    return 0 if mutiny.row.same_bytes and done == 0 and enough else 1


if __name__ == "__main__":
    sys.exit(main())
