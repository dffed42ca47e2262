"""How a print scales over the workers of a cluster, and what the coordinator takes.

    python -m benchmarks.cluster [--print 2400x1800] [--simulated 32,64] [--model] [--out FOLDER]

`--print` makes the sample's print on one and on two local workers of one thread each and compares
the seconds, with what the model says of two from the records of one. `--simulated` has workers that
sleep instead of computing, with tiles of real size, all in one other process: what is measured is
how busy they are kept and what memory the coordinator takes over its idle size. `--model` says what
pipeline.engine.sharing predicts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from benchmarks.common import INPUTS, print_table, result_of, save_json, settings_arguments
from benchmarks.computers import answers, free_port, waited
from pipeline.config import load as config
from pipeline.engine import decisions, sharing, table
from pipeline.engine.executors.asked import Cluster, opened
from pipeline.engine.executors.outcome import results
from pipeline.engine.outputs import Brief, Output, Place
from pipeline.engine.sharing import Piece, Split
from pipeline.planning import levels
from pipeline.planning.estimate import Pace
from pipeline.run import usage
from pipeline.run.atomic import atomic_write
from pipeline.run.directory import RunDir
from pipeline.run.records import Input
from stages import canvas
from stages.canvas.files import Pixels
from stages.tasks import Task, Tools

if TYPE_CHECKING:
    from stages.nst.studio import Studio

# Tiles of which two workers have equally many on every level, 8, 20 and 54 of them: the default of
# 704 px gives 1, 3 and 8 here. What the coordinator does alone it does with all cores, as ever.
PRINT = {"tiles.core": "256", "run.memory": "8GB", "run.precision": "float32"}
_HERE = 1e9  # bytes a second between processes of one computer
WINDOW, WRITE = 832, 768  # px, sides of a tile's window and of what is written of it


@dataclass(frozen=True)
class Scaling:
    """A print on so many workers."""

    workers: int
    seconds: float
    times_as_fast: float
    predicted_seconds: float  # by the model, from the records of the print on one


@dataclass(frozen=True)
class Simulated:
    """Sleeping workers: how busy they were, and MB of the coordinator over its idle size."""

    workers: int
    tasks: int
    task_seconds: float
    seconds: float
    predicted_seconds: float
    busy_share: float
    coordinator_mb: float


@dataclass(frozen=True)
class Predicted:
    """What the model says: hours of a print on so many workers."""

    size: str
    encoder: str
    matching: str
    workers: int
    hours: float
    times_as_fast: float


@dataclass(frozen=True)
class Sleep(Task[Pixels]):
    """As much to carry as a tile, and as long to wait for, without the work."""

    window: Pixels
    photo: Pixels
    seconds: float
    encoded = False

    def run(self, tools: Tools) -> Pixels:
        """Pixels, after a while."""
        time.sleep(self.seconds)
        return np.ascontiguousarray(self.window[:WRITE, :WRITE])


def scaling(size: str, counts: Sequence[int], changes: dict[str, str]) -> list[Scaling]:
    """The sample's print on local workers of one thread each, first on one."""
    with tempfile.TemporaryDirectory() as folder:
        took = {workers: scaled(size, workers, changes, Path(folder)) for workers in counts}
        split, one = recorded(RunDir.open(Path(folder) / f"run-{counts[0]}")), took[counts[0]]
        # What no record has, such as starting and looking on, is nobody's but the coordinator's.
        rest = one - split.seconds(counts[0], _HERE)
    return [
        Scaling(workers, took[workers], one / took[workers], rest + split.seconds(workers, _HERE))
        for workers in counts
    ]


def scaled(size: str, workers: int, changes: dict[str, str], folder: Path) -> float:
    """Seconds of the sample's print on local workers of one thread each."""
    found = result_of(
        "print", *INPUTS, "--run", f"{folder}/run-{workers}", "--size", size, "--quiet",
        *settings_arguments(PRINT | changes),
        "--cluster", f"local:{workers}", "--cluster-threads", "1",
    )  # fmt: skip
    return float(found["took_seconds"])


def recorded(run: RunDir) -> Split:
    """The work of a print that one worker made, by its records."""
    brief = decisions.brief_of(run, run.manifest())

    def seconds(output: Output, places: list[Place]) -> float:
        paths = [run.path(output.file(place, brief)) for place in places]
        after = output.replaced_by(brief, places[0])
        if after is None:
            return sum(record.seconds for path in paths if (record := run.record(path)))
        canvas = run.record(run.path(table.row(after.name).file(after.place, brief)))
        served = [usage.served(canvas, run.name(path)) for path in paths]
        return sum(float(each.get("seconds", 0.0)) for each in served)

    return sharing.by_seconds(brief, seconds)


_HOST = """
import asyncio, contextlib, logging, sys
import dask
from stages import elsewhere
elsewhere._ONE_AT_A_TIME = contextlib.nullcontext()  # these workers share one process
dask.config.set({"logging.distributed": "critical"})
import distributed

async def main(port, count):
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    async with distributed.LocalCluster(
        n_workers=count, processes=False, threads_per_worker=1, scheduler_port=port,
        protocol="tcp://", host="127.0.0.1", dashboard_address="127.0.0.1:0", memory_limit=0,
        worker_dashboard_address=None, asynchronous=True, silence_logs=logging.CRITICAL,
    ):
        await asyncio.Event().wait()

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""


def simulated(workers: int, rounds: int, seconds: float, folder: Path) -> Simulated:
    """Keep sleeping workers busy, and write what comes back as a run does."""
    port = free_port()
    host = subprocess.Popen([sys.executable, "-c", _HOST, str(port), str(workers)])
    try:
        assert waited(lambda: answers(port))
        cluster = Cluster(f"tcp://127.0.0.1:{port}", threads=1)
        with opened(cluster, print, lambda rows: None, lambda line: None, 0.0) as executor:
            crew = executor.crew  # type: ignore[attr-defined]
            assert waited(lambda: bool(crew.live == workers))
            idle = most = _resident()
            source = folder / "canvas.npy"
            began, count = time.monotonic(), workers * rounds
            ready: list[Callable[[], Task[Pixels]]] = [partial(_sleep, source, seconds)] * count
            for number, pixels in results(executor, ready, lambda _: None, _no_studio):
                atomic_write(folder / f"tile-{number % 64}.npy", partial(_written, pixels))
                most = max(most, _resident())
            took = time.monotonic() - began
    finally:
        host.kill()
        host.wait()
    busy, moved = rounds * seconds / took, 12.0 * (2 * WINDOW**2 + WRITE**2)
    predicted = Split(0.0, (Piece(count, seconds, moved),)).seconds(workers)
    return Simulated(workers, count, seconds, took, predicted, busy, (most - idle) / 1e6)


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


def _sleep(source: Path, seconds: float) -> Sleep:
    return Sleep(canvas.read(source), canvas.read(source), seconds)


def _written(pixels: Pixels, part: Path) -> None:
    canvas.write(part, pixels)


def _no_studio() -> Studio:
    raise AssertionError("sleeping takes no encoder")


def predicted(
    size: str, encoder: str, matching: str, pace: float, counts: Sequence[int]
) -> list[Predicted]:
    """The model's hours of a print, at so many seconds per megapixel-iteration of one worker."""
    given = {"print.size": size, "encoder.name": encoder, "style.matching": matching}
    settings = config.apply_preset(config.override(config.Settings(), given))
    inputs = (Input("photo", "", "", "", 0), Input("style", "", "", "", 0))
    split = sharing.split(Brief(settings, levels.make(settings), inputs), Pace(pace, pace))
    one = split.seconds(1)
    return [
        Predicted(size, encoder, matching, n, split.seconds(n) / 3600, one / split.seconds(n))
        for n in counts
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--print", dest="size", help="a print's size, such as 2400x1800")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the print"
    )
    parser.add_argument("--simulated", default="", help="numbers of sleeping workers: 32,64")
    parser.add_argument("--rounds", type=int, default=4, help="tasks for each of them")
    parser.add_argument("--seconds", type=float, default=20.0, help="of a task")
    parser.add_argument("--model", action="store_true", help="what the model predicts")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(arguments)
    if args.size:
        changes = dict(each.split("=", 1) for each in args.set)
        rows = scaling(args.size, (1, 2), changes)
        print_table(f"A print of {args.size}", rows)
        save_json(args.out, "cluster-print", rows)
    with tempfile.TemporaryDirectory() as folder:
        canvas.write(Path(folder) / "canvas.npy", np.full((WINDOW, WINDOW, 3), 0.5, np.float32))
        counts = [int(n) for n in args.simulated.split(",") if n]
        found = [simulated(n, args.rounds, args.seconds, Path(folder)) for n in counts]
    if found:
        print_table("Sleeping workers", found)
        save_json(args.out, "cluster-simulated", found)
    if args.model:
        counts = [1, 2, 4, 16, 64, 256]
        told = predicted("6000x4500", "bundled", "both", 0.45, counts)
        told += predicted("6000x4500", "vgg19", "moments", 6.0, counts)
        told += predicted("12000x9000", "vgg19", "moments", 6.0, counts)
        print_table("What the model predicts", told)
        save_json(args.out, "cluster-model", told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
