"""Is a print, seen from afar, the display picture? The print shrunk to display size against it.

    python -m benchmarks.same_look [--pair PHOTO STYLE]... [--size 1600x1200] [--out FOLDER]

Structural similarity of luminance (Wang et al. 2004) is to be at least 0.6, the mean difference of
colours (CIEDE2000, by scikit-image) at most 4. Exit code 1 if a pair misses one of them. Runs are
kept in FOLDER, if one is named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import INPUTS, print_table, result_of, save_json
from benchmarks.looks import read
from benchmarks.painterly import similarity
from stages import canvas
from stages.canvas.looks.texture import Pixels, size_of

LEAST_SIMILAR, MOST_APART = 0.6, 4.0


@dataclass(frozen=True)
class Row:
    """One pair: how alike print and display are."""

    photo: str
    style: str
    size: str
    similarity: float
    colour_difference: float
    alike: bool


def colour_difference(image: Pixels, other: Pixels) -> float:
    """Mean CIEDE2000 difference of two pictures `(H, W, 3)`, pixel by pixel; 1 is just seen."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    apart = deltaE_ciede2000(rgb2lab(image), rgb2lab(other))  # type: ignore[no-untyped-call]
    return float(np.mean(apart))


def compared(display: Pixels, large: Pixels) -> tuple[float, float]:
    """Similarity and difference of colours of a print, shrunk, and its display."""
    small = canvas.resized(large, size_of(display))
    return similarity(small, display), colour_difference(small, display)


def row(pair: tuple[Path, Path], size: str, changes: Sequence[str], folder: Path) -> Row:
    """A pair, printed: the print's file against the display that it began with."""
    run = folder / f"{pair[0].stem}-{pair[1].stem}"
    files = [str(path) for path in pair]
    changed = [part for change in changes for part in ("--set", change)]
    found = result_of("print", *files, "--run", str(run), "--size", size, *changed)
    display = canvas.read(run / "display" / "canvas.npy")
    alike, apart = compared(display, read(Path(found["tiff"])))
    return Row(
        photo=pair[0].stem,
        style=pair[1].stem,
        size=str(found["size"]),
        similarity=alike,
        colour_difference=apart,
        alike=alike >= LEAST_SIMILAR and apart <= MOST_APART,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a pair is not alike."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", metavar=("PHOTO", "STYLE"))
    parser.add_argument("--size", default="1600x1200")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, help="folder for runs and the result as JSON")
    args = parser.parse_args(arguments)
    pairs = args.pair or [tuple(Path(name) for name in INPUTS)]
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for pair in pairs:
            folder = args.out or Path(temporary)
            rows.append(row((pair[0], pair[1]), args.size, args.set, folder))
            print(rows[-1], file=sys.stderr)
    print_table("Print, shrunk, against display", rows)
    save_json(args.out, "same_look", rows)
    return 0 if all(one.alike for one in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
