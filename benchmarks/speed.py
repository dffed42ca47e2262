"""How fast the encoders, the display command and the file stages are on this machine.

    python -m benchmarks.speed [--encoders bundled,vgg19] [--size 533x400] [--out FOLDER]

An iteration is forward, backward, losses and optimizer. Encoders other than the bundled one have
random weights: speed does not depend on them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.common import INPUTS, SAMPLES, encoder, print_table, result_of, save_json
from pipeline.config.load import parse_size
from stages import canvas, finish, measure
from stages.canvas import PrintFormat
from stages.computing import Precision
from stages.nst.device import bfloat16_gain
from stages.nst.studio import Studio
from stages.tiles import Size, Tile, grid

BASE = "vgg19"
FILE_SIZE = Size(3000, 2250)


@dataclass(frozen=True)
class Pace:
    """One encoder in one precision."""

    encoder: str
    precision: str
    ms_per_megapixel_iteration: float
    times_as_fast_as_vgg19: float
    share_of_matmul_rate: float


@dataclass(frozen=True)
class Stage:
    """Seconds of something that touches files."""

    what: str
    size: str
    seconds: float
    seconds_per_megapixel: float


def matmul_rate(precision: str, side: int = 2048, repeats: int = 7) -> float:
    """Multiply-adds a second of a product of two square matrices, the median of a few."""
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    a, b = torch.randn(side, side).to(dtype), torch.randn(side, side).to(dtype)
    torch.mm(a, b)
    return side**3 / statistics.median(seconds(lambda: torch.mm(a, b)) for _ in range(repeats))


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def paces(names: Sequence[str], size: Size, precisions: Sequence[str], repeats: int) -> list[Pace]:
    """Every encoder in every precision, beside VGG-19 in the same one.

    The share counts the convolutions alone, once forward and once backward: the weights are fixed,
    so their gradients are never computed. All that is not a convolution makes it smaller.
    """
    rates = {precision: matmul_rate(precision) for precision in precisions}
    found = {}
    order = [BASE, *(name for name in names if name != BASE)]
    for precision in precisions:
        for name in order:
            studio = Studio(encoder(name), Precision(precision))
            took = measure.probe(studio, size, repeats + 1) / (size.pixels / 1e6)
            found[name, precision] = took, 2e6 * studio.design.work() / took
    return [
        Pace(
            name, precision, took * 1000, found[BASE, precision][0] / took, work / rates[precision]
        )
        for (name, precision), (took, work) in found.items()
    ]


def display(size: Size) -> Stage:
    """The display command from its start to its image, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "display.png")
        took = seconds(lambda: result_of("display", *INPUTS, "-o", out, "--size", str(size)))
    return _stage("display, end to end", size, took)


def _stage(what: str, size: Size, took: float) -> Stage:
    return Stage(what, str(size), took, took / (size.pixels / 1e6))


def file_stages(size: Size) -> list[Stage]:
    """Enlarging, blending and writing the print files of a canvas."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        canvas.prepare_photo(SAMPLES / "style.jpg", folder / "photo.npy", size)
        half = Size(size.width // 2, size.height // 2)
        canvas.resize(folder / "photo.npy", folder / "half.npy", half)
        big, blended = folder / "big.npy", folder / "blended.npy"
        rows = [_timed("upsample", size, lambda: canvas.resize(folder / "half.npy", big, size))]
        tiles = grid(size, core=512, overlap=32, halo=64, align=16)
        for tile in tiles.tiles:
            canvas.write(_tile_path(folder, tile), canvas.read(big, tile.write))

        def where(tile: Tile) -> Path:
            return _tile_path(folder, tile)

        rows.append(_timed("blend", size, lambda: canvas.blend(tiles, where, blended)))
        tiff, jpeg, fmt = folder / "print.tif", folder / "print.jpg", PrintFormat()
        rows.append(_timed("finish, TIFF", size, lambda: finish.run(blended, tiff, "tiff", fmt)))
        rows.append(_timed("finish, JPEG", size, lambda: finish.run(blended, jpeg, "jpeg", fmt)))
    return rows


def _timed(what: str, size: Size, work: Callable[[], object]) -> Stage:
    return _stage(what, size, seconds(work))


def _tile_path(folder: Path, tile: Tile) -> Path:
    return folder / f"tile-{tile.name}.npy"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--encoders", default="bundled,vgg16,vgg19")
    parser.add_argument("--size", type=parse_size, default="533x400")
    parser.add_argument("--repeats", type=int, default=7, help="iterations; their median counts")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    precisions = ["float32", *(["bfloat16"] if bfloat16_gain() > 1 else [])]
    found = paces(args.encoders.split(","), args.size, precisions, args.repeats)
    print_table(f"Encoders at {args.size} with {torch.get_num_threads()} threads", found)
    save_json(args.out, "speed-encoders", found)
    stages = [display(args.size), *file_stages(FILE_SIZE)]
    print_table("From end to end, and the stages that touch files", stages)
    save_json(args.out, "speed-stages", stages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
