"""What of a print's time goes into anything but convolutions, and what safety costs.

    python -m benchmarks.overhead [--size 2400x1800] [--iterations 8] [--out FOLDER]

The samples are printed under Python's profiler with as few iterations at every level as the last
level of a large print has, so the shares are the most that they get. Time within the neural core,
which is convolutions, losses and the optimizer, counts as computing; flushing, hashing and locking
are counted wherever they are called from.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import INPUTS, print_table, save_json, settings_arguments

# Part of a print: the functions whose time, with all that they call, makes it up.
PARTS = {
    "computing": (("studio.py", "restyle"), ("studio.py", "_measured"), ("studio.py", "energy")),
    "flushing to disk": (("~", "<built-in method posix.fsync>"),),
    "hashing": (("hashlib.py", "file_digest"), ("weights.py", "sha256"), ("records.py", "key_of")),
    "locking": (("_api.py", "acquire"), ("_api.py", "release")),
    "blending": (("feathering.py", "blend"),),
    "painting": (("paint.py", "run"), ("paint.py", "surveyed"), ("brushwork.py", "gathered")),
    "resizing": (("resample.py", "resize"),),
    "writing the print": (("formats.py", "write_tiff"), ("formats.py", "write_jpeg")),
    "preparing": (("decode.py", "prepare_photo"), ("decode.py", "prepare_style")),
}
SAFETY = ("flushing to disk", "hashing", "locking")


@dataclass(frozen=True)
class Row:
    """Seconds of one part, and its share of the whole."""

    part: str
    calls: int
    seconds: float
    share: float


def rows(stats: pstats.Stats) -> list[Row]:
    """The parts, the sum of what safety costs, and everything but computing."""
    total: float = stats.total_tt  # type: ignore[attr-defined]
    found = []
    for part, functions in PARTS.items():
        calls, seconds = 0, 0.0
        for (file, _, name), (_, count, _, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
            if (Path(file).name, name) in functions:
                calls, seconds = calls + count, seconds + cumulative
        found.append(Row(part, calls, seconds, seconds / total))
    safe = sum(row.seconds for row in found if row.part in SAFETY)
    rest = total - found[0].seconds
    return [
        *found,
        Row("flushing, hashing and locking", 0, safe, safe / total),
        Row("everything but computing", 0, rest, rest / total),
        Row("the whole", 0, total, 1.0),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", default="2400x1800")
    parser.add_argument("--iterations", default="8")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    counts = dict.fromkeys(("levels.iterations", "paint.iterations"), args.iterations)
    changes = {**counts, "levels.sweeps": "1"}
    # Starting up is not what is asked about: it is the same for a print of days.
    from pipeline.cli import app as cli
    from pipeline.host import speed

    speed.answer()
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        command = ["print", *INPUTS, "--run", f"{folder}/run", "--size", args.size, "-q"]
        code = profile.runcall(cli.main, [*command, *settings_arguments(changes)])
    if code:
        return int(code)
    found = rows(pstats.Stats(profile))
    print_table(f"A print of {args.size} with {args.iterations} iterations per level", found)
    save_json(args.out, "overhead", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
