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
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from benchmarks import palette
from benchmarks.common import INPUTS, print_table, result_of, save_json
from benchmarks.looks import measures, read
from stages import canvas
from stages.canvas.looks.texture import Pixels
from stages.tiles import Size

CELL = Size(400, 300)


@dataclass(frozen=True)
class Row:
    """The measures of one result.

    Coherence, weave, grain and contrast (in bands of 1, 2, 4, 8 and 16 px, least and most) are over
    the painting's own; palette is the distance to its colours, the photo's own = 1; foreign are
    colours that it does not have, in per cent of pixels.
    """

    photo: str
    style: str
    encoder: str
    coherence: float
    weave: float
    grain: float
    structure: float
    palette: float
    foreign: float
    contrast_least: float
    contrast_most: float


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
    colour = {r.measure: r.image for r in palette.measures(image, photo, style)}
    bands = [value for name, value in colour.items() if name.startswith("contrast")]
    return Row(
        photo=pair[0].stem,
        style=pair[1].stem,
        encoder=Path(encoder).stem,
        coherence=coherence,
        weave=weave,
        grain=grain,
        structure=found["structure"].image,
        palette=colour["palette"],
        foreign=colour["foreign colours, %"],
        contrast_least=min(bands),
        contrast_most=max(bands),
    )


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
        numbers = [f.name for f in fields(Row) if f.name not in ("photo", "style", "encoder")]
        mean = {name: float(np.mean([getattr(r, name) for r in own])) for name in numbers}
        found.append(Row(photo="mean", style="", encoder=encoder, **mean))
    return found


if __name__ == "__main__":
    sys.exit(main())
