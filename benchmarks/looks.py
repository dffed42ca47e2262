"""How much a stylized image looks like a painting, in numbers that Gram distances do not show.

    python -m benchmarks.looks [IMAGE STYLE [PHOTO]] [--out FOLDER]

Without an image, the samples are stylized at display size and measured. The painting is measured
at the image's own area, as the stages see it. The measures: stages.canvas.looks.texture.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import INPUTS, print_table, result_of, save_json
from stages import canvas
from stages.canvas.looks.texture import (
    SCALES,
    Pixels,
    coherence,
    grain,
    size_of,
    structure,
    weave,
)
from stages.canvas.luminance import luminance
from stages.measure import style_size

_MAX_PIXELS = 40_000_000


@dataclass(frozen=True)
class Row:
    """One measure of an image, of its painting, and their ratio (structure has no painting)."""

    measure: str
    image: float
    painting: float | None
    ratio: float | None


def read(path: Path) -> Pixels:
    """An image file as `(H, W, 3)`, upright, in sRGB."""
    with tempfile.TemporaryDirectory() as folder:
        canvas.prepare_style(path, Path(folder) / "image.npy", _MAX_PIXELS)
        return canvas.read(Path(folder) / "image.npy")


def measures(image: Pixels, style: Pixels, photo: Pixels | None = None) -> list[Row]:
    """All measures of an image beside those of its painting at the same area."""
    painting = canvas.resized(style, style_size(size_of(style), size_of(image), 1.0))
    ours, theirs = luminance(image), luminance(painting)
    rows = [_row(f"coherence, {s:g} px", coherence(ours, s), coherence(theirs, s)) for s in SCALES]
    mean = [
        float(np.mean([getattr(row, part) for row in rows]))
        for part in ("image", "painting", "ratio")
    ]
    rows.append(Row("coherence, mean", *mean))
    rows.append(_row("weave", weave(ours), weave(theirs)))
    rows.append(_row("grain", grain(ours), grain(theirs)))
    if photo is not None:
        rows.append(Row("structure", structure(image, photo), None, None))
    return rows


def _row(measure: str, image: float, painting: float) -> Row:
    return Row(measure, image, painting, image / painting if painting else float("inf"))


def of_samples() -> list[Row]:
    """The samples, stylized at display size by the command."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "display.png"
        result_of("display", *INPUTS, "-o", str(out))
        photo, style = (read(Path(name)) for name in INPUTS)
        return measures(read(out), style, photo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("image", type=Path, nargs="?")
    parser.add_argument("style", type=Path, nargs="?")
    parser.add_argument("photo", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    if args.image and not args.style:
        parser.error("an image is measured beside its painting: name STYLE too")
    if args.image:
        photo = read(args.photo) if args.photo else None
        rows = measures(read(args.image), read(args.style), photo)
    else:
        rows = of_samples()
    print_table(f"Looks of {args.image.name if args.image else 'the samples'}", rows)
    print("\n" + json.dumps([asdict(row) for row in rows]))
    save_json(args.out, "looks", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
