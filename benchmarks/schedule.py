"""Style loss against seconds for ways to spend them: optimizers, starts, sweeps.

    python -m benchmarks.schedule [--photo FILE] [--style FILE] [--size 533x400] [--out FOLDER]

Every way ends at the same size and is measured there by the same loss: style, plus content as the
settings weigh it. Its iterations are such that all take about the same time, counted in pixels.
Shown are the loss after a quarter, a half and all of its own seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import SAMPLES, print_table, save_json
from pipeline.config.load import Settings, parse_size
from stages import canvas, measure
from stages.canvas import Tooth
from stages.computing import Precision
from stages.measure import StyleImages
from stages.nst.device import open_studio, resolve_precision
from stages.nst.optimize import Optimizer
from stages.nst.windows.task import Pixels, Task, Weights
from stages.tiles import Rect, Scale, Size, scales


@dataclass(frozen=True)
class Row:
    """One way; losses at the end's size, None before it is reached."""

    way: str
    seconds: float
    evaluations: int
    after_a_quarter: float | None
    after_a_half: float | None
    at_the_end: float


@dataclass(frozen=True)
class Way:
    """Scales with iterations, an optimizer, and how often it starts again at each scale."""

    name: str
    path: tuple[Scale, ...]
    optimizer: Optimizer
    parts: int = 1


class Bench:
    """A pair at one size."""

    def __init__(self, photo: Path, style: Path, size: Size, folder: Path) -> None:
        self.size, self.settings = size, Settings()
        self.studio = open_studio("bundled", "", resolve_precision(Precision.AUTO), 0, print)
        canvas.prepare_photo(photo, folder / "photo.npy", size)
        canvas.prepare_style(style, folder / "style.npy", 16_000_000)
        self.photo = canvas.resized(canvas.read(folder / "photo.npy"), size)
        seen = self.settings.display
        self.images = StyleImages(
            (folder / "style.npy",), (1.0,), soften=seen.soften, combed=seen.comb
        )
        self.energy = self.studio.energy(self.photo)

    def run(self, way: Way) -> Row:
        """Stylize along a way."""
        image = self.photo
        marks: list[tuple[Size, float, float]] = []
        began = time.perf_counter()
        for scale in way.path:
            image = canvas.roughened(canvas.resized(image, scale.size), Tooth(0.02))
            for _ in range(way.parts):
                image = self._part(image, scale, way, marks)
        took = time.perf_counter() - began
        last = [(at - began, loss) for size, at, loss in marks if size == self.size]

        def least(until: float) -> float | None:
            return min((loss for at, loss in last if at <= until), default=None)

        end = min(loss for _, loss in last)
        return Row(way.name, took, len(marks), least(took / 4), least(took / 2), end)

    def _part(
        self, image: Pixels, scale: Scale, way: Way, marks: list[tuple[Size, float, float]]
    ) -> Pixels:
        everything = Rect(0, 0, scale.size.width, scale.size.height)
        task = Task(
            core=everything,
            write=everything,
            style=measure.style_moments(self.studio, self.images, scale.size),
            canvas=None,
            content_energy=self.energy,
            weights=Weights(content=self.settings.style.content_weight),
            iterations=max(2, scale.iterations // way.parts),
            optimizer=way.optimizer,
        )
        content = canvas.resized(self.photo, scale.size)
        return self.studio.restyle(
            image,
            content,
            task,
            lambda p: marks.append((scale.size, time.perf_counter(), p.loss)),
        ).pixels


def ways(size: Size) -> list[Way]:
    """What is compared; as many pixels are evaluated by each as by the default."""
    own = Settings().display
    default = scales(size, own.start, own.iterations)
    total = sum(scale.size.pixels * scale.iterations for scale in default)

    def alike(start: int, shares: Sequence[float]) -> tuple[Scale, ...]:
        path = scales(size, start, [1])
        return tuple(
            Scale(scale.size, max(2, round(total * share / scale.size.pixels)))
            for scale, share in zip(path, shares, strict=True)
        )

    lbfgs, adam = Optimizer(), Optimizer("adam")
    return [
        Way("L-BFGS, quarter, half, whole (the default)", default, lbfgs),
        Way("L-BFGS, whole size alone", alike(1, [1.0]), lbfgs),
        Way("L-BFGS, half, whole", alike(2, [0.4, 0.6]), lbfgs),
        Way("L-BFGS, quarter, half, whole, more at small ones", alike(4, [0.25, 0.4, 0.35]), lbfgs),
        Way("Adam, quarter, half, whole", default, adam),
        Way("Adam, whole size alone", alike(1, [1.0]), adam),
        Way("L-BFGS, the default, started anew four times a scale", default, lbfgs, 4),
        Way("L-BFGS, the default, history of 5", default, Optimizer(history=5)),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photo", type=Path, default=SAMPLES / "photo.jpg")
    parser.add_argument("--style", type=Path, default=SAMPLES / "style.jpg")
    parser.add_argument("--size", type=parse_size, default="533x400")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args.photo, args.style, args.size, Path(folder))
        rows = []
        for way in ways(args.size):
            rows.append(bench.run(way))
            print(rows[-1], file=sys.stderr, flush=True)
    print_table(f"Loss against seconds at {args.size}", rows)
    save_json(args.out, "schedule", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
