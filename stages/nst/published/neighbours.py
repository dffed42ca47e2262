"""Neural neighbours: a whole image moved to the features of the painting's nearest places.

Kolkin, Kucera, Paris, Sykora, Shechtman, Shakhnarovich, *Neural Neighbor Style Transfer* (2022), in
the form of their code (NNST-Opt): per scale hypercolumns of the photo, mixed with the canvas, are
matched once with the painting's, and the canvas' are moved to what was found; at the last scale
each layer is then matched by itself, anew at every step. What is optimized is a Laplacian pyramid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.nst.optimizers.choice import Progress
from stages.nst.published import pyramid
from stages.nst.published.reading import features
from stages.nst.studio import Studio, to_pixels, to_tensor
from stages.nst.terms.neighbours import matched_loss, nearest, rows, split_loss
from stages.nst.windows.task import Pixels

_LEVELS = 8  # of the pyramid, as published; fewer where an image is small
_THINNED = 64  # positions to a side that the last steps look at
_DIVISOR = 4  # px to a hypercolumn's side
_BETAS = (0.9, 0.999)
_TURNS = 4  # of a painting, by right angles


@dataclass(frozen=True)
class Neighbours:
    """How it is done: the photo's share in what is matched, and the part of the last scale's steps.

    In that part (`splitting`) layers are matched by themselves. `rate` is Adam's.
    """

    photo: float = 0.75
    splitting: float = 0.5
    rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True)
class At:
    """One scale: photo and paintings at its size, `(H, W, 3)`, 0 to 1, and its iterations."""

    photo: Pixels
    paintings: tuple[Pixels, ...]
    iterations: int


@dataclass(frozen=True)
class _Scale:
    """The same as tensors `(1, 3, H, W)`."""

    photo: Tensor
    paintings: tuple[Tensor, ...]
    iterations: int


class Painter:
    """A studio's network painting by neighbours: its style layers make the hypercolumns."""

    def __init__(self, studio: Studio, how: Neighbours) -> None:
        self.encoder, self.form, self.device = studio.encoder, studio.form, studio.device
        self.layers, self.how = set(studio.style_weights), how
        self.losses: list[tuple[float, ...]] = []  # of every scale

    def painted(self, scales: Sequence[At], report: Callable[[int, Progress], None]) -> Pixels:
        """The image of the last scale, `(H, W, 3)`; `report` is told of scale and step."""
        canvas = _soft(to_tensor(scales[0].photo, self.device))
        for number, scale in enumerate(scales):
            at = _Scale(
                to_tensor(scale.photo, self.device),
                tuple(to_tensor(painting, self.device) for painting in scale.paintings),
                scale.iterations,
            )
            last = number == len(scales) - 1
            if number:
                size = (at.photo.shape[-2], at.photo.shape[-1])
                canvas = F.interpolate(canvas, size, mode="bilinear", align_corners=False)
            split = round(at.iterations * self.how.splitting) if last else 0
            goal = self._matches(at, None if number == 0 else canvas)

            def matched(image: Tensor, goal: Tensor = goal) -> Tensor:
                return matched_loss(self._columns(image), goal)

            curve: list[float] = []

            def note(loss: float, number: int = number, curve: list[float] = curve) -> None:
                curve.append(loss)
                report(number, Progress(len(curve), scales[number].iterations, loss))

            canvas = self._moved(canvas, matched, at.iterations - split, note)
            if split:
                canvas = self._moved(canvas, self._split(at), split, note)
            self.losses.append(tuple(curve))
        return to_pixels(canvas)

    def _features(self, image: Tensor) -> dict[str, Tensor]:
        return features(self.encoder, image, self.layers, self.form, torch.float32)

    def _columns(self, image: Tensor) -> Tensor:
        """Hypercolumns `(P, C)`: all layers, each over its channels, at every fourth pixel."""
        size = (max(1, image.shape[-2] // _DIVISOR), max(1, image.shape[-1] // _DIVISOR))
        found = [
            F.interpolate(one / one.shape[1], size, mode="bilinear", align_corners=True)
            for one in self._features(image).values()
        ]
        return torch.cat([rows(one) for one in found], dim=1)

    @torch.no_grad()
    def _matches(self, at: _Scale, canvas: Tensor | None) -> Tensor:
        """What each hypercolumn of the canvas is to become, `(P, C)`."""
        asked = at.photo
        if canvas is not None:
            finest = pyramid.taken_apart(at.photo, 1)[0]
            share = self.how.photo
            asked = share * at.photo + (1 - share) * (canvas + finest)
        queries = self._columns(asked.clamp(0, 1))
        queries = queries - queries.mean(dim=0)
        found, best = torch.empty(0), torch.full((len(queries),), -2.0, device=queries.device)
        for painting in at.paintings:
            for turn in range(_TURNS):
                keys = self._columns(torch.rot90(painting, turn, (-2, -1)).contiguous())
                places, likeness = nearest(queries, keys - keys.mean(dim=0))
                better = likeness > best
                best = torch.where(better, likeness, best)
                values = keys[places]
                found = torch.where(better[:, None], values, found) if len(found) else values
        return found

    def _split(self, at: _Scale) -> Callable[[Tensor], Tensor]:
        """The loss of the last steps: every layer by itself, on a thinned grid."""
        with torch.no_grad():
            styles: dict[str, list[Tensor]] = {name: [] for name in self.layers}
            for painting in at.paintings:
                for turn in range(_TURNS):
                    turned = torch.rot90(painting, turn, (-2, -1)).contiguous()
                    for name, one in self._features(turned).items():
                        styles[name].append(rows(_thinned(one, (0, 0))))
            keys = {name: torch.cat(parts) for name, parts in styles.items()}
        generator = torch.Generator().manual_seed(self.how.seed)

        def loss(image: Tensor) -> Tensor:
            total = image.new_zeros(())
            for name, one in self._features(image).items():
                first = torch.randint(0, 1 << 16, (2,), generator=generator).tolist()
                total = total + split_loss(rows(_thinned(one, (first[0], first[1]))), keys[name])
            return total

        return loss

    def _moved(
        self,
        image: Tensor,
        loss_of: Callable[[Tensor], Tensor],
        steps: int,
        note: Callable[[float], None],
    ) -> Tensor:
        """An image after steps of Adam on its pyramid."""
        depth = min(_LEVELS, max(1, int(math.log2(min(image.shape[-2:]))) - 2))
        parts = [part.detach().requires_grad_(True) for part in pyramid.taken_apart(image, depth)]
        search = torch.optim.Adam(parts, lr=self.how.rate, betas=_BETAS)
        for _ in range(steps):
            search.zero_grad()
            with torch.enable_grad():
                loss = loss_of(pyramid.put_together(parts))
                loss.backward()
            note(float(loss.detach()))
            search.step()
        return pyramid.put_together([part.detach() for part in parts]).clamp(0, 1)


def _soft(photo: Tensor) -> Tensor:
    """The photo without its three finest levels: what the first scale starts from."""
    parts = pyramid.taken_apart(photo, 3)
    return pyramid.put_together([*(torch.zeros_like(part) for part in parts[:-1]), parts[-1]])


def _thinned(feature: Tensor, first: tuple[int, int]) -> Tensor:
    """At most 64 positions to each side, from a first one on."""
    down, across = (max(1, -(-length // _THINNED)) for length in feature.shape[-2:])
    return feature[..., first[0] % down :: down, first[1] % across :: across]
