"""Time and peak memory of a print against its size, and the pace of every level.

    python -m benchmarks.growth [--megapixels 3,7,12,27,60,108] [--iterations 3] [--out FOLDER]

Every print of the samples is made by the command line in a process of its own, all levels with the
same few iterations. Growth is fitted as a power of the number of pixels. The pace of the largest
one's levels is read from the records of its tiles, and set beside the rate of a large product of
matrices, counting the convolutions alone, once forward and once backward.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import INPUTS, print_table, result_of, save_json, settings_arguments
from benchmarks.speed import matmul_rate
from pipeline.config.load import parse_size
from stages.nst import encoders


@dataclass(frozen=True)
class Row:
    """One print."""

    megapixels: float
    size: str
    seconds: float
    seconds_per_megapixel: float
    peak_mb: float


@dataclass(frozen=True)
class Fit:
    """`y = a * megapixels ** power`, by least squares of logarithms."""

    of: str
    power: float
    largest_over_7_megapixels: float | None


@dataclass(frozen=True)
class Pace:
    """The tiles of one level; a window's px count as often as it is computed."""

    level: int
    size: str
    tiles: int
    megapixel_iterations_per_second: float
    share_of_matmul_rate: float


def size_for(megapixels: float) -> str:
    """A size of 4:3 of so many megapixels."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    return f"{round(height * 4 / 3)}x{height}"


def printed(size: str, iterations: int, run: Path) -> dict[str, Any]:
    """Make a print; what the command says of it."""
    changes = {
        "print.fit": "cover",
        "levels.iterations": str(iterations),
        "levels.sweeps": "1",
        "display.iterations": str(iterations),
    }
    return result_of("print", *INPUTS, "--run", str(run), "--size", size, *_set(changes))


def _set(changes: dict[str, str]) -> list[str]:
    return settings_arguments(changes)


def paces(size: str, iterations: int, run: Path) -> list[Pace]:
    """The pace of every level of a run that was just made."""
    precision = json.loads((run / "run.json").read_text())["settings"]["run"]["precision"]
    rate, work = matmul_rate(precision), encoders.architecture("bundled").work()
    planned = result_of(
        "plan", *INPUTS, "--size", size, "--no-probe", *_set({"print.fit": "cover"})
    )
    found = []
    for level in planned["levels"][1:]:
        window = parse_size(level["window"])
        records = sorted((run / f"restyle-{level['level']}" / "sweep-1").glob("tile-*.json"))
        seconds = [float(json.loads(path.read_text())["seconds"]) for path in records]
        pace = len(seconds) * window.pixels * iterations / 1e6 / sum(seconds)
        share = pace * 1e6 * 2 * work / rate
        found.append(Pace(level["level"], level["size"], len(seconds), pace, share))
    return found


def fitted(what: str, rows: Sequence[Row], values: Sequence[float]) -> Fit:
    """The growth of some values with the prints' sizes."""
    power = float(np.polyfit(np.log([row.megapixels for row in rows]), np.log(values), 1)[0])
    by_size = {round(row.megapixels): value for row, value in zip(rows, values, strict=True)}
    base = by_size.get(7)
    return Fit(what, power, values[-1] / base if base else None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--megapixels", default="3,7,12,27,60,108")
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    rows: list[Row] = []
    for megapixels in map(float, args.megapixels.split(",")):
        size = size_for(megapixels)
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            made = printed(size, args.iterations, run)
            took, peak = float(made["took_seconds"]), float(made["peak_memory_bytes"])
            rows.append(Row(megapixels, size, took, took / megapixels, peak / 1e6))
            print(rows[-1], file=sys.stderr, flush=True)
            levels = paces(size, args.iterations, run)
    print_table(f"Prints with {args.iterations} iterations at every level", rows)
    save_json(args.out, "growth", rows)
    if len(rows) > 1:
        fits = [
            fitted("seconds", rows, [row.seconds for row in rows]),
            fitted("seconds per megapixel", rows, [row.seconds_per_megapixel for row in rows]),
            fitted("peak memory", rows, [row.peak_mb for row in rows]),
        ]
        print_table("Growth with the number of pixels", fits)
        save_json(args.out, "growth-fits", fits)
    print_table(f"The levels of {rows[-1].size}", levels)
    save_json(args.out, "growth-levels", levels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
