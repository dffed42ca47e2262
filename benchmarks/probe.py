"""Linear probes: how well labels of held-out images can be read off an encoder's features.

    python -m benchmarks.probe DATA [--encoders bundled,my.safetensors] [--out FOLDER]

DATA is a folder as training takes it. Images are shown at 128 px. The features are mean and
standard deviation over all positions of every style layer, that is, the kind of thing that style is
matched by; the probe is a ridge regression onto the labels of each source, in closed form. Its
strength is chosen on a fifth of the training images.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common import encoder, print_table, save_json
from stages.nst import encoders
from stages.nst.network import Encoder
from training import data

SIDE = 128
BATCH = 64
MOST = 4000  # images of a source that a probe learns from
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """Held-out top-1 accuracy of one source."""

    encoder: str
    source: str
    labels: int
    learned_from: int
    held_out: int
    top_1: float


@dataclass(frozen=True)
class Split:
    """Features `(N, D)` and labels of the images of one source."""

    features: Array
    labels: NDArray[np.int64]


def features(network: Encoder, images: NDArray[np.uint8]) -> Array:
    """Mean and deviation of the style layers for square images `(N, S, S, 3)`."""
    names = tuple(name for name, _ in network.architecture.style)
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            batch = images[start : start + BATCH]
            if batch.shape[1] != SIDE:
                batch = np.stack([cv2.resize(i, (SIDE, SIDE)) for i in batch])
            shown = torch.from_numpy(batch).permute(0, 3, 1, 2).float().div(255)
            layers = network(shown.to(memory_format=torch.channels_last), names)
            parts = [
                value
                for name in names
                for value in (layers[name].mean((2, 3)), layers[name].std((2, 3)))
            ]
            found.append(torch.cat(parts, 1).double().numpy())
    return np.concatenate(found)


def splits(network: Encoder, dataset: data.Dataset, most: int) -> dict[str, Split]:
    """Every source's features; of larger ones a part, drawn once and for all."""
    dice = np.random.default_rng(0)
    parts: dict[str, list[tuple[Array, NDArray[np.int64]]]] = {}
    for shard in dataset.shards:
        for index in np.unique(shard.sources):
            own = np.flatnonzero(shard.sources == index)
            own = np.sort(dice.permutation(own)[:most])
            pair = (features(network, shard.images[own]), shard.labels[own])
            parts.setdefault(dataset.sources[index], []).append(pair)
    return {
        name: Split(*(np.concatenate(column) for column in zip(*found, strict=True)))
        for name, found in parts.items()
    }


def ridge(known: Split, strength: float, shown: Array) -> NDArray[np.int64]:
    """Labels that a ridge regression gives to features."""
    mean, spread = known.features.mean(0), known.features.std(0) + 1e-9
    scaled = (known.features - mean) / spread
    classes = np.unique(known.labels)
    wanted = (known.labels[:, None] == classes) - 1 / len(classes)
    square = scaled.T @ scaled + strength * len(scaled) * np.eye(scaled.shape[1])
    weights = np.linalg.solve(square, scaled.T @ wanted)
    chosen: NDArray[np.int64] = classes[np.argmax(((shown - mean) / spread) @ weights, axis=1)]
    return chosen


def accuracy(known: Split, held: Split) -> float:
    """Top-1 on held-out images, with the strength that is best on a fifth of the known ones."""
    fifth = np.arange(len(known.labels)) % 5 == 0
    learn = Split(known.features[~fifth], known.labels[~fifth])

    def right(strength: float) -> float:
        return float((ridge(learn, strength, known.features[fifth]) == known.labels[fifth]).mean())

    best = max(STRENGTHS, key=right)
    return float((ridge(known, best, held.features) == held.labels).mean())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--encoders", default="bundled")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    sides = {"tiny": 64, "photos": SIDE, "paintings": SIDE}
    train = data.load(args.data, train=True, sides=sides)
    test = data.load(args.data, train=False, sides=sides)
    rows = []
    for name in args.encoders.split(","):
        network = (
            encoders.load(name, note=print) if name == "bundled" or "." in name else encoder(name)
        )
        known, held = splits(network, train, MOST), splits(network, test, MOST)
        for source in sorted(held):
            if source not in known:
                continue
            count = len(np.unique(known[source].labels))
            sizes = (len(known[source].labels), len(held[source].labels))
            top = accuracy(known[source], held[source])
            rows.append(Row(Path(name).stem, source, count, *sizes, top))
            print(rows[-1], file=sys.stderr)
    print_table("Linear probes", rows)
    save_json(args.out, "probe", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
