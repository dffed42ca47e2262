"""Time and peak memory of a print against its size and its inputs', and the pace of every level.

    python -m benchmarks.growth [--megapixels 3,7,12,27,60,108] [--iterations 3] [--out FOLDER]
                                [--photo 108] [--painting 100] [--inputs-at 27]

Every print of the samples is made by the command line in a process of its own, all levels with the
same few iterations. Growth is fitted as a power of the number of pixels. The pace of the largest
one's levels is read from the records of its tiles, and set beside the rate of a large product of
matrices, counting the convolutions alone, once forward and once backward.

Memory must not grow with the inputs: a print of `--inputs-at` megapixels is made of the samples,
of the photo enlarged to `--photo` megapixels, and of the painting enlarged to `--painting`. With
`--inputs-at 0` that is left out.
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
from stages import canvas
from stages.nst import encoders
from stages.tiles import Size


@dataclass(frozen=True)
class Row:
    """One print."""

    megapixels: float
    size: str
    seconds: float
    seconds_per_megapixel: float
    peak_mb: float


@dataclass(frozen=True)
class InputsRow:
    """The same print of other inputs; memory over that of the small ones."""

    inputs: str
    size: str
    seconds: float
    peak_mb: float
    over_small: float


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


def printed(
    size: str, iterations: int, run: Path, inputs: Sequence[str] | None = None
) -> dict[str, Any]:
    """Make a print of the samples or other inputs; what the command says of it."""
    changes = {
        "print.fit": "cover",
        "levels.iterations": str(iterations),
        "paint.iterations": str(iterations),
        "levels.sweeps": "1",
        "display.iterations": str(iterations),
    }
    return result_of(
        "print", *(inputs or INPUTS), "--run", str(run), "--size", size, *_set(changes)
    )


def _set(changes: dict[str, str]) -> list[str]:
    return settings_arguments(changes)


def paces(size: str, iterations: int, run: Path) -> list[Pace]:
    """The pace of every level of a run that was just made."""
    precision = json.loads((run / "run.json").read_text())["resolved"]["run"]["precision"]
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


def enlarged(picture: Path, megapixels: float, dst: Path) -> Path:
    """The picture as a JPEG of so many megapixels, its aspect kept."""
    size = canvas.inspect(picture).size
    factor = (megapixels * 1e6 / size.pixels) ** 0.5
    large = Size(round(size.width * factor), round(size.height * factor))
    with tempfile.TemporaryDirectory(dir=dst.parent) as folder:
        own, grown = Path(folder) / "own.npy", Path(folder) / "grown.npy"
        canvas.prepare_photo(picture, own, size)
        canvas.resize(own, grown, large, kernel="cubic")
        canvas.write_image(grown, dst, 0)
    return dst


def of_inputs(megapixels: float, photo: float, painting: float, iterations: int) -> list[InputsRow]:
    """A print of small inputs, of a large photo and of a large painting."""
    rows: list[InputsRow] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large_photo = enlarged(Path(INPUTS[0]), photo, folder / "photo.jpg")
        large_painting = enlarged(Path(INPUTS[1]), painting, folder / "painting.jpg")
        for what, inputs in (
            ("the samples", INPUTS),
            (f"a photo of {photo:g} megapixels", (str(large_photo), INPUTS[1])),
            (f"a painting of {painting:g} megapixels", (INPUTS[0], str(large_painting))),
        ):
            made = printed(size_for(megapixels), iterations, folder / f"run-{len(rows)}", inputs)
            peak = float(made["peak_memory_bytes"]) / 1e6
            over = peak / rows[0].peak_mb if rows else 1.0
            rows.append(InputsRow(what, made["size"], float(made["took_seconds"]), peak, over))
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


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
    parser.add_argument("--photo", type=float, default=108, help="megapixels")
    parser.add_argument("--painting", type=float, default=100, help="megapixels")
    parser.add_argument("--inputs-at", type=float, default=27, help="megapixels of their print")
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
    if args.inputs_at:
        inputs = of_inputs(args.inputs_at, args.photo, args.painting, args.iterations)
        print_table("Prints of large inputs", inputs)
        save_json(args.out, "growth-inputs", inputs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
