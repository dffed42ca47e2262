"""What finds a painting's places best: keys of an encoder's layers, of pixels, or of both.

    python -m benchmarks.keying [--pair IMAGE STYLE]... [--encoder bundled] [--out FOLDER]

For every 8th px of an image the nearest place of the painting, of one every 4 px, is looked up and
its px are laid there. Without a pair, the samples are stylized by moments alone and looked up.
Ways differ in the layers that a key is made of and their weights, in how features are scaled, and
in a sixth scale, relu5_1 at half its size. Figures are means over the pairs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.common import INPUTS, encoder, print_table, result_of, save_json
from benchmarks.looks import read
from stages import canvas
from stages.canvas.looks.texture import Pixels, size_of
from stages.canvas.luminance import luminance
from stages.canvas.places import keys
from stages.measure import style_size
from stages.nst.network import Encoder
from stages.tiles import Size

SIZE = Size(533, 400)
STEP = 4  # px from place to place
_ASKED = 2  # every so many places of the image are looked up
_SIDE = 8  # px that a place lays to each side
_FRAME = 64  # px, so that no key knows the edge
_BANDS = (2, 4, 8)  # px
_SOFT, _DARK, _NOISE = 1.0, 0.9, 0.03  # of the painting that is to be found in itself
_LEAST = 0.1  # of a layer's mean spread: a channel that hardly ever fires is not raised further
_AXES = 64  # of a layer, when they are made independent
_SIXTH, _SIXTH_STRIDE = "half relu5_1", 32
_ALL = tuple(f"relu{block}_1" for block in range(1, 6))


@dataclass(frozen=True)
class Way:
    """One kind of keys: layers with weights, how their features are scaled, and pixels' weight.

    Features are as they are (`raw`), every channel over its spread (`spread`), or the layer's
    principal components over theirs (`white`); a layer as a whole then counts by its weight.
    """

    name: str
    layers: tuple[tuple[str, float], ...]
    scaled: str = "spread"
    pixels: float = 0.0


@dataclass(frozen=True)
class Row:
    """What a way of keys finds.

    `found_again`: places of the painting, softened, darkened and with noise, that find themselves
    within a place, in per cent; `alike_2` to `alike_8`: correlation of what was laid with the
    image in a band of so many px; `colour`: distance of both in CIELAB, blurred by 4 px;
    `together`: neighbours in the image that are neighbours in the painting, in per cent.
    """

    keys: str
    numbers: int
    found_again: float
    alike_2: float
    alike_4: float
    alike_8: float
    colour: float
    together: float


def _equal(*names: str) -> tuple[tuple[str, float], ...]:
    return tuple((name, 1.0) for name in names)


WAYS = (
    *(Way(name, _equal(name)) for name in _ALL),
    Way("first four", _equal(*_ALL[:4])),
    Way("all five", _equal(*_ALL)),
    Way("all five, raw", _equal(*_ALL), "raw"),
    Way("all five, white", _equal(*_ALL), "white"),
    Way("all five, shallow ones count more", tuple(zip(_ALL, (8, 4, 2, 1, 0.5), strict=True))),
    Way("all five, deep ones count more", tuple(zip(_ALL, (0.5, 1, 2, 4, 8), strict=True))),
    Way("sixth scale alone", _equal(_SIXTH)),
    Way("all five and a sixth scale", _equal(*_ALL, _SIXTH)),
    Way("pixels", (), pixels=1.0),
    Way("pixels and relu1_1", _equal(_ALL[0]), pixels=4.0),
    Way("pixels and relu2_1", _equal(_ALL[1]), pixels=4.0),
    Way("pixels and all five", _equal(*_ALL), pixels=20.0),
)


class Shown:
    """An image `(H, W, 3)`, sides on whole places, and what keys are made of at its places."""

    def __init__(self, network: Encoder, image: Pixels) -> None:
        self.image = image
        self.rows, self.columns = image.shape[0] // STEP, image.shape[1] // STEP
        self.parts = {name: _at_places(f) for name, f in _features(network, image).items()}
        y, x = np.mgrid[: self.rows, : self.columns] * STEP + STEP // 2
        planes = keys.opponent(image, STEP / 2)
        seen = keys.samples(planes, y.ravel(), x.ravel(), STEP)
        self.parts["pixels"] = torch.from_numpy(seen)


def _features(network: Encoder, image: Pixels) -> dict[str, Tensor]:
    frame = ((_FRAME, _FRAME), (_FRAME, _FRAME), (0, 0))
    framed = np.ascontiguousarray(np.pad(image, frame, "reflect").transpose(2, 0, 1)[None])
    with torch.inference_mode():
        found = network(torch.from_numpy(framed), _ALL)
        found[_SIXTH] = F.avg_pool2d(found[_ALL[-1]], 2)
    cut, edge = {}, _FRAME // STEP
    for name, features in found.items():
        stride = _SIXTH_STRIDE if name == _SIXTH else network.architecture.layer(name).stride
        if stride < STEP:
            features = F.avg_pool2d(features, STEP // stride)
        elif stride > STEP:
            features = F.interpolate(features, scale_factor=stride / STEP, mode="bilinear")
        cut[name] = features[..., edge:-edge, edge:-edge]
    return cut


def _at_places(features: Tensor) -> Tensor:
    return features[0].flatten(1).T.contiguous()


def _scaled(own: Tensor, painting: Tensor, how: str) -> Tensor:
    """Features `(N, C)`, centred and scaled by the painting's; variance there about one in all."""
    mean = painting.mean(0)
    apart = painting - mean
    if how == "white":
        values, axes = torch.linalg.eigh(apart.T @ apart / len(apart))
        axes, values = axes[:, -_AXES:], values[-_AXES:]
        return _over(((own - mean) @ axes), values.clamp(min=0).sqrt())
    if how == "spread":
        return _over(own - mean, apart.std(0))
    return _over(own - mean, apart.square().sum(1).mean().sqrt())


def _over(features: Tensor, spread: Tensor) -> Tensor:
    """Features over their spread, of each or of all."""
    least = spread.clamp(min=float(_LEAST * spread.mean()))
    found: Tensor = features / (least * least.numel() ** 0.5)
    return found


def keyed(way: Way, own: Shown, painting: Shown) -> Tensor:
    """Keys `(N, D)` of an image's places, scaled by those of the painting."""
    parts = [
        weight**0.5 * _scaled(own.parts[name], painting.parts[name], way.scaled)
        for name, weight in way.layers
    ]
    if way.pixels:
        found = _scaled(own.parts["pixels"], painting.parts["pixels"], "raw")
        parts.append(way.pixels**0.5 * found)
    return torch.cat(parts, 1)


def nearest(asked: Tensor, among: Tensor) -> Tensor:
    """For every key `(N, D)` the number of the nearest of others."""
    norms = among.square().sum(1)
    parts = (asked[start : start + 1024] for start in range(0, len(asked), 1024))
    return torch.cat([(norms - 2 * part @ among.T).argmin(1) for part in parts])


def _looked_up(way: Way, image: Shown, painting: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the places that the image's are matched to, as `(rows, columns)`."""
    asked = keyed(way, image, painting).reshape(image.rows, image.columns, -1)
    some = asked[::_ASKED, ::_ASKED]
    found = nearest(some.flatten(0, 1), keyed(way, painting, painting))
    grid = found.reshape(some.shape[:2]).numpy()
    return grid // painting.columns, grid % painting.columns


def laid(image: Pixels, painting: Pixels, places: tuple[np.ndarray, np.ndarray]) -> Pixels:
    """The painting's px at the places, 16 px squares; where they lie over one another, the mean."""
    total = np.zeros((image.shape[0] + 2 * _SIDE, image.shape[1] + 2 * _SIDE, 3), np.float32)
    mass = np.zeros((*total.shape[:2], 1), np.float32)
    framed = np.pad(painting, ((_SIDE, _SIDE), (_SIDE, _SIDE), (0, 0)), "reflect")
    for (row, column), y in np.ndenumerate(places[0]):
        top, left = (STEP * _ASKED * at + STEP // 2 for at in (row, column))
        y, x = STEP * y + STEP // 2, STEP * places[1][row, column] + STEP // 2
        here = slice(top, top + 2 * _SIDE), slice(left, left + 2 * _SIDE)
        total[here] += framed[y : y + 2 * _SIDE, x : x + 2 * _SIDE]
        mass[here] += 1
    inside = slice(_SIDE, -_SIDE), slice(_SIDE, -_SIDE)
    return np.asarray(total[inside] / np.maximum(mass[inside], 1), np.float32)


def _alike(one: Pixels, other: Pixels, band: float) -> float:
    parts = [
        keys.blurred(luminance(image), band / 2) - keys.blurred(luminance(image), 2 * band)
        for image in (one, other)
    ]
    return float(np.corrcoef(parts[0].ravel(), parts[1].ravel())[0, 1])


def _colours_apart(one: Pixels, other: Pixels) -> float:
    labs = [cv2.cvtColor(keys.blurred(image, 4.0), cv2.COLOR_RGB2LAB) for image in (one, other)]
    return float(np.linalg.norm(labs[0] - labs[1], axis=2).mean())


def _together(y: np.ndarray, x: np.ndarray) -> float:
    right = (abs(np.diff(y, axis=1)) <= 1) & (abs(np.diff(x, axis=1) - _ASKED) <= 1)
    down = (abs(np.diff(y, axis=0) - _ASKED) <= 1) & (abs(np.diff(x, axis=0)) <= 1)
    return float(100 * (right.mean() + down.mean()) / 2)


def _worn(painting: Pixels) -> Pixels:
    """A painting as it is not stored: softened, darkened, with noise."""
    noise = np.random.default_rng(0).normal(0, _NOISE, painting.shape)
    return np.asarray(
        np.clip(keys.blurred(painting, _SOFT) ** _DARK + noise, 0, 1), dtype=np.float32
    )


def measured(way: Way, image: Shown, painting: Shown, worn: Shown) -> Row:
    """What one way of keys finds for one pair."""
    y, x = _looked_up(way, worn, painting)
    true = np.mgrid[: y.shape[0], : y.shape[1]] * _ASKED
    again = float(100 * (np.hypot(y - true[0], x - true[1]) < 1.5).mean())
    y, x = _looked_up(way, image, painting)
    paint = laid(image.image, painting.image, (y, x))
    alike = {f"alike_{band}": _alike(image.image, paint, band) for band in _BANDS}
    return Row(
        keys=way.name,
        numbers=keyed(way, painting, painting).shape[1],
        found_again=again,
        colour=_colours_apart(image.image, paint),
        together=_together(y, x),
        **alike,
    )


def _on_places(image: Pixels, size: Size) -> Pixels:
    whole = Size(*(STEP * 8 * max(1, length // (STEP * 8)) for length in (size.width, size.height)))
    return canvas.resized(image, whole)


def trial(network: Encoder, image: Pixels, style: Pixels) -> list[Row]:
    """All ways for one pair."""
    painting = _on_places(style, style_size(size_of(style), SIZE, 1.0))
    seen = [Shown(network, part) for part in (_on_places(image, SIZE), painting, _worn(painting))]
    return [measured(way, *seen) for way in WAYS]


def mean(rows: Sequence[Row]) -> Row:
    """One way's row over all pairs."""
    names = [field.name for field in fields(Row)[2:]]
    means: dict[str, Any] = {
        name: float(np.mean([getattr(row, name) for row in rows])) for name in names
    }
    return replace(rows[0], **means)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pair", nargs=2, type=Path, action="append", metavar=("IMAGE", "STYLE"))
    parser.add_argument("--encoder", default="bundled")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    network = encoder(args.encoder)
    with tempfile.TemporaryDirectory() as folder:
        pairs = args.pair or [(_by_moments(Path(folder)), Path(INPUTS[1]))]
        found = [trial(network, read(image), read(style)) for image, style in pairs]
    rows = [mean(own) for own in zip(*found, strict=True)]
    print_table(f"places found by keys of {args.encoder}, {len(found)} pairs", rows)
    save_json(args.out, "keying", rows)
    return 0


def _by_moments(folder: Path) -> Path:
    out = folder / "moments.png"
    result_of("display", *INPUTS, "-o", str(out), "--set", "style.matching=moments")
    return out


if __name__ == "__main__":
    sys.exit(main())
