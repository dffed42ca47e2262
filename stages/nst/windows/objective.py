"""The loss of one window, whose target is fixed by the first evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from stages.nst import losses
from stages.nst.features import Reading
from stages.nst.moments import Moments, in_zone, residual_target
from stages.nst.published import distributions
from stages.nst.published import method as published
from stages.nst.published.method import SMOOTH_GAIN, Method, Share
from stages.nst.terms.neighbours import patch_loss
from stages.nst.windows.surface import part
from stages.nst.windows.task import Task
from stages.tiles import Rect

if TYPE_CHECKING:
    from stages.nst.studio import Studio


# Strong enough to keep pixels within 0 to 1 to about 1/255, too weak to steer what is inside.
RANGE_WEIGHT = 10.0


class Objective:
    """The loss of one task; the tile's target is fixed by the first evaluation.

    The first evaluation measures the tile as it is at the start of the sweep, which is G_t of the
    residual target: no pass of its own is needed for it.
    """

    def __init__(
        self,
        studio: Studio,
        task: Task,
        core: Rect,
        write: Rect,
        wanted: dict[str, Tensor],
        zones: Tensor | None = None,
    ) -> None:
        self.studio, self.task, self.wanted = studio, task, wanted
        self.core, self.write = core, write  # px of the framed window
        self.zones, self.style_weights, self.covered = zones, studio.style_weights, 1.0
        self.shares: tuple[float, ...] = ()
        if zones is not None:
            self._divide(part(zones, core).mean(dim=(0, 2, 3)).tolist())
        self.style = task.style.to(studio.device)
        self.target = self.style if task.canvas is None else None
        self.start: Moments | None = None
        self.patches = studio.patches(task) if task.method and task.method.patches else {}

    def __call__(self, image: Tensor, pixels: Tensor) -> Tensor:
        """Loss of a framed window `image`, whose changeable part is `pixels`."""
        studio, design, weights = self.studio, self.studio.design, self.task.weights
        reading = studio.read(image, self.core, self.write, self.zones)
        found = reading.moments
        if self.task.method is not None:
            return self._published(self.task.method, reading, pixels)
        loss = (
            design.style_gain
            * weights.style
            * self.covered
            * losses.style_loss(
                found,
                self._target(found),
                self.style,
                self.style_weights,
                with_std=weights.with_std,
            )
        )
        for name, share in studio.content_weights.items():
            term = losses.content_loss(
                reading.content[name], self.wanted[name], self.task.content_energy
            )
            loss = loss + design.content_gain * weights.content * share * term
        loss = loss + SMOOTH_GAIN * weights.smooth * losses.smoothness(pixels)
        return loss + RANGE_WEIGHT * losses.out_of_range(pixels)

    def _divide(self, shares: list[float]) -> None:
        """Weigh zones by their shares of the core.

        A zone's moments are means over its own positions, so that the fewer it has, the more each
        of them is pulled. Weighed by its share, every pixel is pulled as if all were one zone, and
        the tiles' gradients are that of the whole canvas' loss, as without zones.
        """
        self.shares, self.covered = tuple(shares), sum(shares)
        self.style_weights = {
            in_zone(name, zone): weight * share
            for name, weight in self.studio.style_weights.items()
            for zone, share in enumerate(shares)
            if share > 0
        }

    def _target(self, found: Moments) -> Moments:
        if self.target is None:
            task = self.task
            assert task.canvas is not None
            canvas = task.canvas.to(self.studio.device)
            self.target = residual_target(found.detached(), canvas, self.style, task.gain)
        return self.target

    def _published(self, method: Method, reading: Reading, pixels: Tensor) -> Tensor:
        """The loss by a published method."""
        task, found = self.task, reading.moments
        if task.canvas is not None:
            if self.start is None:
                self.start = found.detached()
            canvas = task.canvas.to(self.studio.device)
            found = published.changed(found, self.start, canvas, task.gain)
        share = Share(task.core.pixels / method.pixels, task.write.pixels / method.pixels)
        zones = self.shares if self.zones is not None else None
        loss = published.loss_of(
            (found, reading.content),
            (self.style, self.wanted, task.content_energy),
            pixels,
            self.studio.design,
            task.weights,
            method,
            share,
            zones,
        )
        if method.histogram or method.sliced:
            loss = loss + distributions.term(
                found, self.style, reading.seen, self.studio.design, method, share, zones
            )
        for name, keys in self.patches.items():
            now = self.studio.as_image(reading.content[name], name, self.write)
            term = patch_loss(now, keys, method.patch_size)
            loss = loss + method.patches / len(self.patches) * term
        return loss
