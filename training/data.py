"""Labelled images as arrays in memory: decoded once, augmented in batches."""

from __future__ import annotations

import csv
import math
import tarfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

UNLABELLED = frozenset({"bsds", "ims"})  # their labels carry no class


@dataclass(frozen=True)
class Shard:
    """Square uint8 images of one size, `(N, S, S, 3)` RGB, with label and source indices."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    sources: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """The shards of one split, and which labels belong to which source.

    ``label_source[j]`` is the source of label ``j``: a sample competes only with labels of its
    own source, so that every source is a classification task of its own over one trunk.
    """

    shards: tuple[Shard, ...]
    labels: tuple[str, ...]
    sources: tuple[str, ...]
    label_source: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of images in all shards."""
        return sum(len(shard.labels) for shard in self.shards)


def _decode(blob: bytes, side: int) -> NDArray[np.uint8]:
    bgr = cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("an image of the training data cannot be decoded")
    height, width = bgr.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = bgr[top : top + short, left : left + short]
    if short != side:
        square = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(square[..., ::-1])


def load(folder: Path, *, train: bool, sides: dict[str, int]) -> Dataset:
    """Read ``index.csv`` and the tar shards of one split; ``sides`` is px per shard."""
    with (folder / "index.csv").open(newline="") as handle:
        rows = [r for r in csv.DictReader(handle) if r["source"] not in UNLABELLED and r["label"]]
    sources = tuple(sorted({r["source"] for r in rows}))
    # Two sources may share a label's name: the pair is what a class is.
    pairs = sorted({(r["source"], r["label"]) for r in rows})
    labels = tuple(f"{source}/{label}" for source, label in pairs)
    label_index = {name: i for i, name in enumerate(labels)}
    source_index = {name: i for i, name in enumerate(sources)}
    held_out = {"val", "test"}
    by_shard: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        if (row["split"] in held_out) != train:
            by_shard.setdefault(row["shard"], {})[row["name"]] = row
    shards = []
    for shard, wanted in sorted(by_shard.items()):
        images, targets, origins = [], [], []
        with tarfile.open(folder / f"{shard}.tar") as tar:
            for member in tar:
                row_or_none = wanted.get(member.name)
                handle_or_none = tar.extractfile(member) if row_or_none else None
                if row_or_none is None or handle_or_none is None:
                    continue
                images.append(_decode(handle_or_none.read(), sides[shard]))
                targets.append(label_index["{source}/{label}".format_map(row_or_none)])
                origins.append(source_index[row_or_none["source"]])
        shards.append(Shard(np.stack(images), np.array(targets), np.array(origins)))
    label_source = np.array([source_index[source] for source, _ in pairs])
    return Dataset(tuple(shards), labels, sources, label_source)


def augment(
    images: torch.Tensor, size: int, rng: torch.Generator, *, scale: tuple[float, float]
) -> torch.Tensor:
    """Random crop, aspect, turn, flip, brightness, contrast and saturation.

    ``images`` is ``(N, 3, S, S)`` in 0 to 1; returns ``(N, 3, size, size)``. A crop covers a side
    of ``scale`` of the image's, so that a feature meets its object at several sizes. Turns of up to
    45 degrees to either side make all directions of edges alike: photographs are full of level and
    upright ones, and blocks of JPEG too, and an encoder that prefers them paints a weave.
    """
    n = images.shape[0]
    side = scale[0] + (scale[1] - scale[0]) * torch.rand(n, generator=rng)
    aspect = torch.exp((torch.rand(n, generator=rng) - 0.5) * 0.5)
    half_w = (side * aspect.sqrt()).clamp(max=1.0)
    half_h = (side / aspect.sqrt()).clamp(max=1.0)
    shift_x = (torch.rand(n, generator=rng) * 2 - 1) * (1 - half_w)
    shift_y = (torch.rand(n, generator=rng) * 2 - 1) * (1 - half_h)
    flip = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    turn = (torch.rand(n, generator=rng) - 0.5) * (math.pi / 2)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = half_w * flip * turn.cos(), -half_h * turn.sin()
    theta[:, 1, 0], theta[:, 1, 1] = half_w * flip * turn.sin(), half_h * turn.cos()
    theta[:, 0, 2], theta[:, 1, 2] = shift_x, shift_y
    grid = F.affine_grid(theta, [n, 3, size, size], align_corners=False)
    out = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    gain = 1 + 0.3 * (torch.rand(n, 1, 1, 1, generator=rng) * 2 - 1)
    contrast = 1 + 0.3 * (torch.rand(n, 1, 1, 1, generator=rng) * 2 - 1)
    saturation = 1 + 0.4 * (torch.rand(n, 1, 1, 1, generator=rng) * 2 - 1)
    mean = out.mean(dim=(1, 2, 3), keepdim=True)
    out = (out - mean) * contrast + mean * gain
    grey = out.mean(dim=1, keepdim=True)
    return (grey + (out - grey) * saturation).clamp_(0, 1)


def batch(shard: Shard, index: NDArray[np.int64]) -> torch.Tensor:
    """The images at ``index`` as float ``(N, 3, S, S)`` in 0 to 1."""
    return torch.from_numpy(shard.images[index]).permute(0, 3, 1, 2).float().div_(255)
