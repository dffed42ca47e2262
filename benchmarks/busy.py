"""An iteration of restyling beside another program that keeps one core busy.

    python -m benchmarks.busy [--spins 0,5000,default] [--out FOLDER]

Each number of turns that waiting threads spin (GOMP_SPINCOUNT) is tried in a process of its own,
alone and beside a busy one; medians of several.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.common import print_table, save_json

_SPINS = "GOMP_SPINCOUNT"
_TIMED = (
    "from benchmarks.busy import seconds; print(seconds())"  # torch reads the number when it loads
)


@dataclass(frozen=True)
class Row:
    """Seconds of an iteration of 512x512 px."""

    spins: str
    alone_seconds: float
    beside_seconds: float


def seconds() -> float:
    """Of an iteration with the bundled encoder, in this process."""
    from benchmarks.common import encoder
    from stages.computing import Precision
    from stages.measure import probe
    from stages.nst.device import resolve_precision
    from stages.nst.studio import Studio
    from stages.tiles import Size

    return probe(Studio(encoder("bundled"), resolve_precision(Precision.AUTO)), Size(512, 512))


def timed(spins: str, repeats: int) -> float:
    """The median over processes with so many turns."""
    environment = {name: value for name, value in os.environ.items() if name != _SPINS}
    # An empty number is none that the library reads: it takes its own.
    environment[_SPINS] = "" if spins == "default" else spins
    found = [
        subprocess.run(
            [sys.executable, "-c", _TIMED],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout
        for _ in range(repeats)
    ]  # fmt: skip
    return median(float(text) for text in found)


def _turn() -> None:
    while True:
        pass


@contextmanager
def busy() -> Iterator[None]:
    """Another process that takes all of one core."""
    other = multiprocessing.get_context("spawn").Process(target=_turn, daemon=True)
    other.start()
    try:
        yield
    finally:
        other.kill()
        other.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--spins", default="0,5000,default")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    rows = []
    for spins in args.spins.split(","):
        alone = timed(spins, args.repeats)
        with busy():
            rows.append(Row(spins, alone, timed(spins, args.repeats)))
    print_table("An iteration of 512x512 px, alone and beside a busy program", rows)
    save_json(args.out, "busy", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
