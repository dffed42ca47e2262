"""How near a picture comes to a painting's colours and contrast, in numbers.

    python -m benchmarks.palette IMAGE PHOTO STYLE [--out FOLDER]

All three are measured at 533 px of width. The published VGG-19 pictures (github
jcjohnson/neural-style, examples/outputs) beside the display of 2026-11-25 and palette first:
docs/method.md, "Palette first".
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.common import print_table, save_json
from benchmarks.looks import read
from stages.canvas.looks.colours import (
    BANDS,
    at_width,
    contrast,
    foreign,
    palette_distance,
    spread,
)
from stages.canvas.looks.texture import Pixels
from stages.canvas.luminance import luminance


@dataclass(frozen=True)
class Row:
    """One measure of a picture, of its painting and of the photo it was made from."""

    measure: str
    image: float
    painting: float
    photo: float


def measures(image: Pixels, photo: Pixels, painting: Pixels) -> list[Row]:
    """All measures of a picture, the painting and the photo, each at 533 px of width."""
    pictures = [at_width(pixels) for pixels in (image, painting, photo)]
    image, painting, photo = pictures
    rows = [
        Row("palette", *(palette_distance(p, photo, painting) for p in pictures)),
        Row("foreign colours, %", *(foreign(p, painting) for p in pictures)),
        Row("mean luminance", *(float(luminance(p).mean()) * 255 for p in pictures)),
        Row("channel spread", *(spread(p) for p in pictures)),
    ]
    for scale in BANDS:
        own = max(contrast(luminance(painting), scale), 1e-9)
        found = (contrast(luminance(p), scale) / own for p in pictures)
        rows.append(Row(f"contrast, {scale:g} px", *found))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("image", "photo", "style"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    rows = measures(read(args.image), read(args.photo), read(args.style))
    print_table(f"Colours and contrast of {args.image.name}", rows)
    print("\n" + json.dumps([asdict(row) for row in rows]))
    save_json(args.out, "palette", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
