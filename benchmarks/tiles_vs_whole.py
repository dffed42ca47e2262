"""Tiles against the whole image: global style loss after the same iterations from the same start.

    python -m benchmarks.tiles_vs_whole [--photo FILE] [--style FILE] [--size 1064x800]
                                        [--core 128] [--start half|photo] [--content 1.0]

The ways: the whole image at once; tiles with residual targets; tiles that each match the whole
painting, in as many sweeps, or all at once in one. They start from the photo, which is far from the
painting, or from the result at half the size, enlarged, which is near to it as levels of a print
are. Variety says whether the tiles keep their differences or each becomes the whole painting. And
seams: the mean jump across the last sweep's tile borders over the mean beside them. A few
lines of pixels differ from their neighbours by what is painted there too: the whole image's figure,
which has no borders, shows by how much, and the last column is over it.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks import painterly
from benchmarks.common import SAMPLES, print_table, save_json
from pipeline.config.load import Settings, parse_size
from stages import canvas, measure, restyle
from stages.computing import Precision
from stages.measure import StyleImages
from stages.nst.device import open_studio, resolve_precision
from stages.nst.losses import content_loss, style_loss
from stages.nst.moments import Moments, combined
from stages.nst.optimize import Optimizer
from stages.nst.studio import Studio
from stages.nst.windows.task import Task, Weights
from stages.restyle import Look, TileJob
from stages.tiles import Grid, Rect, Size, grid, shift_of

SWEEPS, ITERATIONS = 3, 10


@dataclass(frozen=True)
class Row:
    """One way of restyling and what it reached."""

    way: str
    style_loss: float
    over_whole: float
    content: float
    variety_over_whole: float
    seams: float
    seams_over_whole: float


@dataclass(frozen=True)
class Case:
    """What is restyled and how: cores in px, the start, the content weight."""

    photo: Path
    style: Path
    size: Size
    core: int
    start: str
    content: float


class Bench:
    """The start, the style and the measures that all ways share."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.folder, self.size, self.core = folder, case.size, case.core
        self.weights = Weights(content=case.content)
        self.studio: Studio = open_studio(
            "bundled", "", resolve_precision(Precision.AUTO), 0, print
        )
        size = case.size
        canvas.prepare_photo(case.photo, folder / "photo-own.npy", size)
        canvas.resize(folder / "photo-own.npy", folder / "photo.npy", size)
        canvas.prepare_style(case.style, folder / "style.npy", 16_000_000)
        levels = Settings().levels
        self.style = measure.style_moments(
            self.studio,
            StyleImages((folder / "style.npy",), (1.0,), soften=levels.soften, combed=levels.comb),
            size,
        )
        photo_pixels = canvas.read(folder / "photo.npy")
        self.energy = self.studio.energy(photo_pixels)
        begun = photo_pixels
        if case.start == "half":
            small = Size(size.width // 2, size.height // 2)
            begun = canvas.resized(
                self.restyled_whole(canvas.resized(photo_pixels, small), 40), size
            )
        canvas.write(folder / "begun.npy", begun)
        strokes = canvas.Strokes(levels.crisp, levels.bristles)
        canvas.resize(folder / "begun.npy", folder / "start.npy", size, strokes=strokes)

    def restyled_whole(self, start: np.ndarray, iterations: int) -> np.ndarray:
        """Restyle a whole image at once."""
        height, width = start.shape[:2]
        everything = Rect(0, 0, width, height)
        content = canvas.resized(canvas.read(self.folder / "photo.npy"), Size(width, height))
        task = Task(
            everything, everything, self.style, None, self.energy, self.weights, iterations,
            Optimizer(),
        )  # fmt: skip
        return self.studio.restyle(start, content, task).pixels

    def grid(self, sweep: int) -> Grid:
        """The tiles of a sweep."""
        return grid(self.size, core=self.core, overlap=32, halo=64, align=16, shift=shift_of(sweep))

    def loss(self, path: Path) -> float:
        """Style loss of a whole canvas."""
        everything = Rect(0, 0, self.size.width, self.size.height)
        found = self.studio.measure(canvas.read(path), everything)
        weights = self.studio.style_weights
        return float(style_loss(found, self.style, self.style, weights))

    def content(self, path: Path) -> float:
        """Content loss of a whole canvas, without its weight: how far it is from the photo."""
        image, photo = canvas.read(path), canvas.read(self.folder / "photo.npy")
        everything = self.studio.everything(self.size)
        with torch.inference_mode():
            found, wanted = (self.studio.content(one, everything) for one in (image, photo))
        return sum(
            share * float(content_loss(found[name], wanted[name], self.energy))
            for name, share in self.studio.content_weights.items()
        )

    def variety(self, path: Path) -> float:
        """How much tiles differ in style: their moments' mean squared distance to the canvas's.

        Relative to the painting's own moments, as the style loss is; averaged alike.
        """
        image = canvas.read(path)
        parts = []
        for tile in self.grid(SWEEPS - 1).tiles:
            window = measure.clipped(tile.window, self.size)
            pixels = image[window.y : window.bottom, window.x : window.right]
            parts.append(self.studio.measure(pixels, tile.core.within(tile.window)))
        mean, weights = combined(parts), self.studio.style_weights
        apart = [float(style_loss(part, mean, self.style, weights)) for part in parts]
        areas = [tile.core.pixels for tile in self.grid(SWEEPS - 1).tiles]
        return float(np.average(apart, weights=areas))

    def swept(
        self, name: str, *, residual: bool, sweeps: int = SWEEPS, iterations: int = ITERATIONS
    ) -> Path:
        """Sweeps over tiles."""
        path, canvases = self.folder / "start.npy", list[Moments]()
        for sweep in range(SWEEPS - sweeps, SWEEPS):
            tiles = self.grid(sweep)
            canvases.append(measure.of_canvas(self.studio, path, tiles))
            look = Look(
                self.style, canvases[-1] if residual else None, self.energy, self.weights,
                iterations, Optimizer(), restyle.gains(self.style, canvases),
            )  # fmt: skip
            for tile in tiles.tiles:
                job = TileJob.read(path, self.folder / "photo.npy", tile)
                pixels = restyle.restyle_tile(self.studio, job, look).pixels
                canvas.write(self.folder / f"tile-{tile.name}.npy", pixels)
            path = self.folder / f"{name}-{sweep}.npy"
            canvas.blend(tiles, lambda tile: self.folder / f"tile-{tile.name}.npy", path)
        return path

    def seams(self, path: Path) -> float:
        """Mean jump across the borders of the last sweep over the mean jump beside them."""
        cores = [tile.core for tile in self.grid(SWEEPS - 1).tiles]
        columns, rows = {c.x for c in cores if c.x}, {c.y for c in cores if c.y}
        return painterly.seams(canvas.read(path), columns, rows)


def rows(bench: Bench) -> list[Row]:
    """All three ways."""
    whole = bench.folder / "whole.npy"
    start = canvas.read(bench.folder / "start.npy")
    canvas.write(whole, bench.restyled_whole(start, SWEEPS * ITERATIONS))
    paths = {
        "start": bench.folder / "start.npy",
        f"whole image, {SWEEPS * ITERATIONS} iterations": whole,
        f"residual targets, {SWEEPS} sweeps of {ITERATIONS}": bench.swept("ours", residual=True),
        f"every tile against the painting, {SWEEPS} of {ITERATIONS}": bench.swept(
            "naive", residual=False
        ),
        f"every tile against the painting, 1 of {SWEEPS * ITERATIONS}": bench.swept(
            "once", residual=False, sweeps=1, iterations=SWEEPS * ITERATIONS
        ),
    }
    base, calm, varied = bench.loss(whole), bench.seams(whole), bench.variety(whole)
    return [
        Row(
            way,
            loss,
            loss / base,
            bench.content(path),
            bench.variety(path) / varied,
            seams,
            seams / calm,
        )
        for way, path in paths.items()
        for loss, seams in [(bench.loss(path), bench.seams(path))]
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photo", type=Path, default=SAMPLES / "photo.jpg")
    parser.add_argument("--style", type=Path, default=SAMPLES / "style.jpg")
    parser.add_argument("--size", type=parse_size, default="1064x800")
    parser.add_argument("--core", type=int, default=128, help="px; small, so that tiles are many")
    parser.add_argument("--start", choices=["half", "photo"], default="half")
    parser.add_argument(
        "--content", type=float, default=Settings().style.content_weight, help="content weight"
    )
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args()
    case = Case(args.photo, args.style, args.size, args.core, args.start, args.content)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(case, Path(folder))
        found = rows(bench)
    print_table("Tiles against the whole", found)
    save_json(args.out, "tiles_vs_whole", found)


if __name__ == "__main__":
    main()
