"""Pairs of photo and painting, stylized at display size: their measures and one contact sheet.

    python -m benchmarks.pairs [--pair PHOTO STYLE]... [--encoders bundled,my.safetensors]
                               [--set KEY=VALUE]... --out FOLDER

Without a pair the samples are taken. Writes every image, `sheet.jpg` (a row per pair: photo,
painting, then one image per encoder), and the table; encoders are compared by its means.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import INPUTS, print_table, result_of, save_json
from benchmarks.looks import Pixels, measures, read
from stages import canvas
from stages.tiles import Size

CELL = Size(400, 300)


@dataclass(frozen=True)
class Row:
    """The measures of one result; coherence, weave and grain are over the painting's own."""

    photo: str
    style: str
    encoder: str
    coherence: float
    weave: float
    grain: float
    structure: float


def stylized(pair: tuple[Path, Path], encoder: str, changes: Sequence[str], out: Path) -> Pixels:
    """The display command's image of a pair."""
    changed = [part for change in changes for part in ("--set", change)]
    files = [str(path) for path in pair]
    result_of("display", *files, "-o", str(out), "--encoder", encoder, *changed)
    return read(out)


def row(pair: tuple[Path, Path], encoder: str, image: Pixels) -> Row:
    """The measures of a result."""
    photo, style = (read(path) for path in pair)
    found = {r.measure: r for r in measures(image, style, photo)}
    ratios = [found[name].ratio for name in ("coherence, mean", "weave", "grain")]
    coherence, weave, grain = (float(r) if r is not None else float("nan") for r in ratios)
    names = (pair[0].stem, pair[1].stem, Path(encoder).stem)
    return Row(*names, coherence, weave, grain, found["structure"].image)


def cell(image: Pixels) -> Pixels:
    """An image shrunk to fit a cell of the sheet, on white."""
    height, width = image.shape[:2]
    factor = min(CELL.width / width, CELL.height / height)
    small = canvas.resized(image, Size(round(width * factor), round(height * factor)))
    board = np.ones((CELL.height, CELL.width, 3), np.float32)
    top, left = (CELL.height - small.shape[0]) // 2, (CELL.width - small.shape[1]) // 2
    board[top : top + small.shape[0], left : left + small.shape[1]] = small
    return board


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pair", type=Path, nargs=2, action="append", metavar=("PHOTO", "STYLE"))
    parser.add_argument("--encoders", default="bundled")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    rows, lines = [], []
    for pair in args.pair or [tuple(Path(name) for name in INPUTS)]:
        line = [cell(read(path)) for path in pair]
        for encoder in args.encoders.split(","):
            name = f"{pair[0].stem}-{pair[1].stem}-{Path(encoder).stem}.png"
            image = stylized(tuple(pair), encoder, args.set, args.out / name)
            rows.append(row(tuple(pair), encoder, image))
            line.append(cell(image))
            print(rows[-1], file=sys.stderr)
        lines.append(np.hstack(line))
    sheet = (np.vstack(lines)[..., ::-1] * 255).round().astype(np.uint8)
    cv2.imwrite(str(args.out / "sheet.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 90])
    print_table("Pairs", [*rows, *means(rows)])
    save_json(args.out, "pairs", rows)
    return 0


def means(rows: Sequence[Row]) -> list[Row]:
    """One row per encoder, the mean over its pairs."""
    found = []
    for encoder in dict.fromkeys(r.encoder for r in rows):
        own = [r for r in rows if r.encoder == encoder]
        columns = [[r.coherence, r.weave, r.grain, r.structure] for r in own]
        found.append(Row("mean", "", encoder, *np.mean(columns, axis=0).tolist()))
    return found


if __name__ == "__main__":
    sys.exit(main())
