"""A finished print as it is at 100 %: how painted, how even, and whether its tiles show.

    python -m benchmarks.prints RUN STYLE [--crops FOLDER]

Beside the measures of `benchmarks.painterly`, the painting itself being 1: evenness, the share of
blocks of the last level held by the 1 % most used places; for every level the mean jump across its
tiles' borders, or those of the parts in which it is painted, over the mean jump beside them; and
how like its display the print is, shrunk to its size (as `benchmarks.same_look` has it).
With `--crops` parts of the print at 100 %, parts of the painting and the whole are written there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import print_table, save_json
from benchmarks.looks import read
from benchmarks.painterly import Row, evenness, measures, scaled, seams
from benchmarks.same_look import compared
from pipeline.engine.decisions import brief_of
from pipeline.run.directory import RunDir
from stages import canvas
from stages.brushwork import Paint, manner
from stages.canvas import files
from stages.canvas.looks.texture import Pixels, size_of
from stages.canvas.places import dictionary, paint, survey
from stages.canvas.places.matching import Matches
from stages.canvas.places.paint import Ready
from stages.tiles import Size

_CROP = Size(700, 520)
_WHOLE = Size(1500, 1125)
_AT = ((0.25, 0.3), (0.6, 0.25), (0.3, 0.7), (0.7, 0.65))  # middles of the crops


def ready_of(run: Path, level: int) -> Ready:
    """What the last level was painted with."""
    found = dictionary.load(run / f"paint-{level}" / "dictionary.safetensors")
    seen = survey.load(run / f"paint-{level}" / "survey.safetensors")
    return Ready(found, seen, manner(found, Paint()))


def evenness_of(run: Path, level: int) -> float:
    """That of all blocks of a level."""
    ready, canvas_file = ready_of(run, level), run / f"upsample-{level}" / "canvas.npy"
    size, places = files.size_of(canvas_file), []
    for part, window in paint.pieces(size, ready):
        found = paint.matched(files.read(canvas_file, window), window, size, ready)
        places.append(found.places[found.blocks.within(part)])
    return evenness(Matches(found.blocks, np.concatenate(places)), ready.dictionary)


def seams_of(run: Path) -> list[Row]:
    """Of every level, across the tiles of its last sweep or the parts it is painted in."""
    directory = RunDir.open(run)
    brief, rows = brief_of(directory, directory.manifest()), []
    for level in brief.plan.levels:
        number = level.level
        restyled = run / f"restyle-{number}" / "canvas.npy"
        if restyled.exists():
            cores = [tile.core for tile in level.grids[-1].tiles]
            image = canvas.read(restyled)
        else:
            cores = [part for part, _ in paint.pieces(level.size, ready_of(run, number))]
            image = canvas.read(run / f"paint-{number}" / "canvas.npy")
        if len(cores) > 1:
            found = seams(image, {c.x for c in cores if c.x}, {c.y for c in cores if c.y})
            rows.append(Row(f"seams, level {number}", found, "at most 1.03"))
    return rows


def from_afar(run: Path, image: Pixels) -> list[Row]:
    """How like the run's display its print is, seen from afar."""
    similar, apart = compared(canvas.read(run / "display" / "canvas.npy"), image)
    return [
        Row("similarity to display", similar, "at least 0.6"),
        Row("CIEDE2000 from display", apart, "at most 4"),
    ]


def write_crops(image: Pixels, painting: Pixels, folder: Path) -> None:
    """The whole, four parts at 100 %, and two of the painting."""
    folder.mkdir(parents=True, exist_ok=True)
    small = canvas.resized(
        image, Size(_WHOLE.width, _WHOLE.width * image.shape[0] // image.shape[1])
    )
    _save(small, folder / "whole.jpg")
    parts = [_part(image, at) for at in _AT]
    _save(np.vstack([np.hstack(parts[:2]), np.hstack(parts[2:])]), folder / "parts.jpg")
    _save(np.hstack([_part(painting, at) for at in _AT[1:3]]), folder / "painting.jpg")


def _part(image: Pixels, at: tuple[float, float]) -> Pixels:
    height, width = image.shape[:2]
    x = min(max(0, int(at[0] * width) - _CROP.width // 2), max(0, width - _CROP.width))
    y = min(max(0, int(at[1] * height) - _CROP.height // 2), max(0, height - _CROP.height))
    return image[y : y + _CROP.height, x : x + _CROP.width]


def _save(image: Pixels, path: Path) -> None:
    pixels = (image[..., ::-1] * 255).round().astype(np.uint8)
    cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and write the parts that are to be looked at."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--crops", type=Path, help="folder for parts at 100 %%")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    image = read(args.run / "print.tif")
    painting = scaled(read(args.style), size_of(image))
    last = max(int(path.name.split("-")[1]) for path in args.run.glob("paint-*"))
    rows = [
        *measures(image, painting),
        Row("evenness", evenness_of(args.run, last), "at most 0.1"),
        *seams_of(args.run),
        *from_afar(args.run, image),
    ]
    print_table(f"{args.run.name} at 100 %", rows)
    if args.crops:
        write_crops(image, painting, args.crops)
    save_json(args.out, "prints", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
