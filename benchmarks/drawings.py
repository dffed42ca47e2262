"""A photo in drawings: does paper stay paper, and do greys stay grey?

    python -m benchmarks.drawings [--photo PHOTO] [--of PHOTO] [--matching both,moments] --out DIR

A pencil sketch, an ink drawing, a woodcut and a watercolour are made by code of the photo `--of`,
and the other photo is stylized in each, in its colours and as greys. Writes every image,
`sheet.jpg` (a row per drawing: itself, then the results) and the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import INPUTS, print_table, result_of, save_json
from benchmarks.looks import read
from benchmarks.pairs import cell
from stages import canvas
from stages.canvas.looks.colours import spread
from stages.canvas.looks.texture import Grey, Pixels
from stages.canvas.luminance import luminance
from stages.tiles import Size, fitted

SIZE = Size(1066, 800)
_PAPER = 238 / 255  # mean of a pencil sketch on white paper
_CREAM = np.array([0.95, 0.92, 0.85], np.float32)
_BLACK = np.array([0.08, 0.07, 0.07], np.float32)


@dataclass(frozen=True)
class Row:
    """One result beside its drawing: mean luminance and mean channel spread, of 255."""

    drawing: str
    photo: str
    matching: str
    mean: float
    drawing_mean: float
    spread: float
    drawing_spread: float


def pencil(photo: Pixels) -> Pixels:
    """Colour dodge of the inverted, blurred greys, darkened to the mean of a sketch."""
    grey = luminance(photo)
    beyond = np.asarray(cv2.GaussianBlur(1 - grey, (0, 0), 6))
    dodged = np.clip(grey / np.maximum(1 - beyond, 0.02), 0, 1)
    for power in np.linspace(0.2, 6, 60):
        if (dodged**power).mean() < _PAPER:
            break
    return _grey(np.asarray(dodged**power, np.float32))


def ink(photo: Pixels) -> Pixels:
    """Black lines where a difference of Gaussians is dark, on white."""
    grey = luminance(photo)
    fine, coarse = (np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma)) for sigma in (1.0, 2.2))
    lines = np.clip(0.5 + (fine - coarse + 0.025) * 40, 0, 1)
    return _grey((0.98 * np.asarray(cv2.GaussianBlur(lines, (0, 0), 0.5))).astype(np.float32))


def woodcut(photo: Pixels) -> Pixels:
    """Slanted cuts, the broader the lighter the photo, black on cream."""
    grey = np.asarray(cv2.GaussianBlur(luminance(photo), (0, 0), 1.5))
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]].astype(np.float32)
    bent = 36 * np.asarray(cv2.GaussianBlur(grey, (0, 0), 12))
    wave = 0.5 + 0.5 * np.sin((0.5 * x + 0.87 * y + bent) * 2 * np.pi / 7)
    edges = np.clip((wave - (1 - grey) * 1.1) * 4 + 0.7, 0, 1)
    cut = np.asarray(cv2.GaussianBlur(edges, (0, 0), 0.6))
    paper = cut[..., None]
    return np.asarray(paper * _CREAM + (1 - paper) * _BLACK, np.float32)


def watercolour(photo: Pixels) -> Pixels:
    """Flat washes, thinned, on rough paper."""
    flat = (photo * 255).astype(np.uint8)
    for _ in range(3):
        flat = np.asarray(cv2.bilateralFilter(flat, 9, 40, 7))
    thin = 1 - (1 - flat.astype(np.float32) / 255) * 0.55
    noise = np.random.default_rng(0).normal(size=photo.shape[:2]).astype(np.float32)
    rough = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2))
    rough = 0.012 * rough / rough.std()
    return np.asarray(np.clip(thin + rough[..., None], 0, 1), np.float32)


def _grey(plane: Grey) -> Pixels:
    return np.repeat(np.clip(plane, 0, 1)[..., None], 3, axis=2).astype(np.float32)


DRAWINGS: dict[str, Callable[[Pixels], Pixels]] = {
    "pencil": pencil,
    "ink": ink,
    "woodcut": woodcut,
    "watercolour": watercolour,
}


def written(path: Path, pixels: Pixels) -> Path:
    """A PNG of pixels."""
    cv2.imwrite(str(path), (pixels[..., ::-1] * 255).round().astype(np.uint8))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--photo", type=Path, default=Path(INPUTS[0]))
    parser.add_argument("--of", type=Path, default=Path(INPUTS[0]), help="photo that is drawn")
    parser.add_argument("--matching", default="both,moments")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    photo, drawn = _small(args.photo), _small(args.of)
    photos = {"colour": photo, "grey": _grey(luminance(photo))}
    files = {name: written(args.out / f"{name}.png", p) for name, p in photos.items()}
    rows, lines = [], []
    for name, draw in DRAWINGS.items():
        drawing = draw(drawn)
        style = written(args.out / f"{name}.png", drawing)
        line = [cell(drawing)]
        for kind, file in files.items():
            for matching in args.matching.split(","):
                out = args.out / f"{name}-{kind}-{matching}.png"
                change = f"style.matching={matching}"
                result_of("display", str(file), str(style), "-o", str(out), "--set", change)
                image = read(out)
                rows.append(
                    Row(
                        drawing=name,
                        photo=kind,
                        matching=matching,
                        mean=float(luminance(image).mean()) * 255,
                        drawing_mean=float(luminance(drawing).mean()) * 255,
                        spread=spread(image),
                        drawing_spread=spread(drawing),
                    )
                )
                line.append(cell(image))
                print(rows[-1], file=sys.stderr, flush=True)
        lines.append(np.hstack(line))
    sheet = (np.vstack(lines)[..., ::-1] * 255).round().astype(np.uint8)
    cv2.imwrite(str(args.out / "sheet.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 90])
    print_table("Drawings", rows)
    save_json(args.out, "drawings", rows)
    return 0


def _small(path: Path) -> Pixels:
    pixels = read(path)
    size = fitted(Size(pixels.shape[1], pixels.shape[0]), SIZE, "contain")
    return canvas.resized(pixels, size)


if __name__ == "__main__":
    sys.exit(main())
