"""Textures out of noise: what an encoder's moments hold of a painting, without any photo.

    python -m benchmarks.texture [--style FILE]... [--encoders bundled,my.safetensors] --out FOLDER

Grey noise is stylized at display size with no content weight, coarse to fine. Writes every image,
`textures.jpg` (a row per painting: a part of it at the scale that was matched, then one texture per
encoder), and the table. The better the encoder, the more the texture is the painter's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import SAMPLES, print_table, save_json
from benchmarks.looks import measures
from pipeline.config.load import Settings
from stages import canvas, display, measure
from stages.canvas.looks.texture import Pixels
from stages.computing import Precision
from stages.measure import StyleImages
from stages.nst.device import open_studio, resolve_precision
from stages.nst.optimize import Optimizer
from stages.nst.studio import Studio
from stages.nst.windows.task import Weights
from stages.tiles import Size, scales

SIZE = Size(400, 300)
MAX_PIXELS = 16_000_000


@dataclass(frozen=True)
class Row:
    """One texture: style loss that is left, and measures over the painting's own."""

    style: str
    encoder: str
    loss: float
    coherence: float
    weave: float
    grain: float


def texture(studio: Studio, painting: Path, iterations: Sequence[int]) -> tuple[Pixels, float]:
    """The texture, and the last loss."""
    noise = np.random.default_rng(0).standard_normal((SIZE.height, SIZE.width, 3), np.float32)
    grey = np.clip(0.5 + 0.1 * noise, 0, 1, dtype=np.float32)
    settings = Settings()
    made = display.stylize(
        studio,
        grey,
        lambda size: measure.style_moments(studio, StyleImages((painting,), (1.0,)), size),
        scales(SIZE, settings.display.start, iterations),
        display.Manner(
            weights=Weights(content=0.0),
            optimizer=Optimizer(),
            tooth=canvas.Tooth(settings.display.tooth),
            content_energy=studio.energy(grey),
        ),
    )
    return made.pixels, min(made.losses[-1])


def part(painting: Path) -> Pixels:
    """The middle of a painting at the scale at which it is matched."""
    size = measure.style_size(canvas.size_of(painting), SIZE, 1.0)
    small = canvas.resized(canvas.read(painting), size)
    top, left = (size.height - SIZE.height) // 2, (size.width - SIZE.width) // 2
    return small[max(0, top) :, max(0, left) :][: SIZE.height, : SIZE.width]


def fitted(image: Pixels) -> Pixels:
    """An image on a white cell of the sheet."""
    board = np.ones((SIZE.height, SIZE.width, 3), np.float32)
    board[: image.shape[0], : image.shape[1]] = image
    return board


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--style", type=Path, action="append")
    parser.add_argument("--encoders", default="bundled")
    parser.add_argument("--iterations", default="200,150,100", help="per scale, coarsest first")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    iterations = [int(count) for count in args.iterations.split(",")]
    names = args.encoders.split(",")
    studios = [open_studio(name, "", resolve_precision(Precision.AUTO), 0, print) for name in names]
    rows, lines = [], []
    for style in args.style or [SAMPLES / "style.jpg"]:
        with tempfile.TemporaryDirectory() as folder:
            painting = Path(folder) / "style.npy"
            canvas.prepare_style(style, painting, MAX_PIXELS)
            original = part(painting)
            line = [fitted(original)]
            for name, studio in zip(names, studios, strict=True):
                image, loss = texture(studio, painting, iterations)
                found = {row.measure: row.ratio or 0.0 for row in measures(image, original)}
                ratios = (found["coherence, mean"], found["weave"], found["grain"])
                rows.append(Row(style.stem, Path(name).stem, loss, *ratios))
                line.append(image)
                print(rows[-1], file=sys.stderr)
        lines.append(np.hstack(line))
    sheet = (np.vstack(lines)[..., ::-1] * 255).round().astype(np.uint8)
    cv2.imwrite(str(args.out / "textures.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 92])
    print_table("Textures from noise", rows)
    save_json(args.out, "texture", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
