"""Restyle one window: the loss of a tile (or a whole image), and its minimisation.

Arrays come and go as float32 `(H, W, 3)`, 0 to 1 sRGB; inside, tensors are `(1, 3, H, W)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from stages.computing import Device, Precision
from stages.nst import losses
from stages.nst import preconditioner as brush
from stages.nst.features import NOWHERE, Reading, Wanted, read
from stages.nst.moments import Moments, in_zone, residual_target
from stages.nst.network import Encoder
from stages.nst.optimize import Optimizer, Progress, minimise
from stages.nst.published import distributions, reading
from stages.nst.published import method as published
from stages.nst.published.form import Form
from stages.nst.published.method import SMOOTH_GAIN, Method, Share
from stages.nst.terms.neighbours import patch_loss
from stages.tiles import Rect, Size

Pixels = NDArray[np.float32]

# Strong enough to keep pixels within 0 to 1 to about 1/255, too weak to steer what is inside.
RANGE_WEIGHT = 10.0


@dataclass(frozen=True)
class Weights:
    """Weights of the terms of the loss; `style` and `content` count in units of the encoder's."""

    style: float = 1.0
    content: float = 1.0
    smooth: float = 1.0
    with_std: bool = False


@dataclass(frozen=True)
class Task:
    """What a window is restyled to.

    `core` (where moments are measured) and `write` (what may change) are px of the window. The
    window's pixels outside `write` are read only. `canvas` has the moments of the whole canvas at
    the start of the sweep; without it the window itself is made to match `style`, which is right
    for a window that is the whole canvas. `gain` is how many times the residual it aims at, by
    layer; without it once. `hues` `(3, 3)` is what strokes are multiplied with before they are laid
    (stages.canvas.palette.directions): where a painting has no colour, neither have they. With a
    `method` the losses are those of that one; some look at `paintings` of the window's scale.
    `zones` `(H, W, Z)` are the shares that zones have of the window's pixels; they add up to one at
    most. `style` and `canvas` are then the moments of zones, and `hues` `(Z, 3, 3)`. Where no zone
    is, only content and smoothness act.
    """

    core: Rect
    write: Rect
    style: Moments
    canvas: Moments | None
    content_energy: float
    weights: Weights
    iterations: int
    optimizer: Optimizer = field(default_factory=Optimizer)
    gain: Mapping[str, float] | None = None
    hues: NDArray[np.float32] | None = None
    method: Method | None = None
    zones: Pixels | None = None
    paintings: tuple[Pixels, ...] = ()


@dataclass(frozen=True)
class Restyled:
    """New pixels of a `write` rectangle, `(h, w, 3)`, and the loss at every evaluation."""

    pixels: Pixels
    losses: tuple[float, ...]


def size_of(pixels: Pixels) -> Size:
    """Width and height of `(H, W, 3)` pixels, whose axes are the other way round."""
    return Size(pixels.shape[1], pixels.shape[0])


def to_tensor(pixels: Pixels, device: torch.device | None = None) -> Tensor:
    """`(H, W, 3)` pixels as `(1, 3, H, W)` on a device."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(2, 0, 1)[None]


def to_pixels(image: Tensor) -> Pixels:
    """`(1, 3, H, W)` as `(H, W, 3)` pixels, clipped to 0 to 1."""
    array: Pixels = image[0].clamp(0, 1).permute(1, 2, 0).contiguous().cpu().numpy()
    return array


class Studio:
    """An encoder at work in one precision on one device: measures and restyles windows.

    Pixels and moments come and go on the processor.
    """

    def __init__(
        self,
        encoder: Encoder,
        precision: Precision = Precision.FLOAT32,
        device: Device = Device.CPU,
        form: Form = Form(),  # noqa: B008
        sketches: tuple[str, ...] = (),
    ) -> None:
        self.device, self.form = torch.device(device.value), form
        self.sketches = sketches  # of distributions, taken beside moments
        self.encoder = encoder.to(self.device)
        self.design = encoder.architecture
        self.bfloat16 = precision is Precision.BFLOAT16
        self.style_weights = dict(self.design.style)
        self.content_weights = dict(self.design.content)

    def _framed(self, image: Tensor) -> Tensor:
        """The image with its bleed: its own reflection around it, to whole cells.

        One cell of the deepest layer to each side, and what is missing to a multiple at the right
        and bottom. Reflected once, as an image: reflecting every layer's features instead gives
        border pixels several times the influence of others, and coloured borders.
        """
        if not self.form.framed:
            return image
        unit = self.design.stride()
        height, width = image.shape[-2:]
        around = (unit, unit - width % -unit, unit, unit - height % -unit)
        mode = "reflect" if min(height, width) > 2 * unit else "replicate"
        return F.pad(image, around, mode=mode)

    def _moved(self, region: Rect) -> Rect:
        """A region of the window as px of the framed window."""
        unit = self.design.stride() if self.form.framed else 0
        return Rect(region.x + unit, region.y + unit, region.width, region.height)

    def everything(self, size: Size) -> Rect:
        """The whole of a window of that size, as px of the framed window."""
        return self._moved(Rect(0, 0, size.width, size.height))

    def _bled(self, region: Rect, size: Size) -> Rect:
        """A region of a window of that size, grown into the bleed where it ends with the window.

        A core or a write rectangle only does so at the canvas's own edge; elsewhere there is halo.
        The bleed is restyled and measured with the canvas and cut off at the end, as in printing.
        An edge without it (its reflection following the pixels) comes out jagged and dark: what
        zeros around the features do there is pixels' to mend, and no pixel beyond is free to.
        """
        if not self.form.framed:
            return region
        unit = self.design.stride()
        framed = [length + 2 * unit - length % -unit for length in (size.width, size.height)]
        x, y = (start + unit if start else 0 for start in (region.x, region.y))
        right = framed[0] if region.right == size.width else region.right + unit
        bottom = framed[1] if region.bottom == size.height else region.bottom + unit
        return Rect(x, y, right - x, bottom - y)

    def read(self, framed: Tensor, core: Rect, write: Rect, zones: Tensor | None = None) -> Reading:
        """What the losses need of a framed window; regions and zones are px of it."""
        style, content = tuple(self.style_weights), tuple(self.content_weights)
        wanted = Wanted(style, core, content, write, zones=zones, sketches=self.sketches)
        return self._read(framed, wanted)

    def _read(self, framed: Tensor, wanted: Wanted) -> Reading:
        if self.form.own and not wanted.sketches:
            return read(self.encoder, framed, wanted, bfloat16=self.bfloat16)
        return reading.read(self.encoder, self.form, framed, wanted, bfloat16=self.bfloat16)

    def content(self, photo: Pixels, write: Rect) -> dict[str, Tensor]:
        """Content features `(N, C)` of a photo over `write`, px of the framed window."""
        wanted = Wanted((), NOWHERE, tuple(self.content_weights), write)
        framed = self._framed(to_tensor(photo, self.device))
        return self._read(framed, wanted).content

    @torch.inference_mode()
    def measure(self, window: Pixels, core: Rect, zones: Pixels | None = None) -> Moments:
        """Moments of a canvas over `core`, px of the window, the bleed of its edges included.

        With `zones` `(H, W, Z)` those of every zone.
        """
        return self._measured(window, self._bled(core, size_of(window)), zones=zones)

    @torch.inference_mode()
    def measure_style(
        self,
        window: Pixels,
        core: Rect,
        opacity: NDArray[np.float32] | None = None,
        zones: Pixels | None = None,
    ) -> Moments:
        """Moments of a painting over `core`, px of the window, without any bleed.

        With `opacity` `(H, W)`, 0 to 1, positions count by it: by its mean over the px of a cell.
        With `zones` `(H, W, Z)` those of every zone.
        """
        weight = None
        if opacity is not None:
            weight = self._framed(to_tensor(opacity[..., None], self.device))
        return self._measured(window, self._moved(core), weight, zones)

    def _measured(
        self,
        window: Pixels,
        core: Rect,
        weight: Tensor | None = None,
        zones: Pixels | None = None,
    ) -> Moments:
        shares = None if zones is None else self._framed(to_tensor(zones, self.device))
        style = tuple(self.style_weights)
        wanted = Wanted(style, core, weight=weight, zones=shares, sketches=self.sketches)
        framed = self._framed(to_tensor(window, self.device))
        return self._read(framed, wanted).moments.to(torch.device("cpu"))

    @torch.no_grad()
    def patches(self, task: Task) -> dict[str, Tensor]:
        """Features `(1, C, h, w)` of the paintings, joined side by side, whose patches count."""
        assert task.method is not None
        names = set(task.method.patch_layers or self.content_weights)
        height = min(painting.shape[0] for painting in task.paintings)
        wide = np.concatenate([painting[:height] for painting in task.paintings], axis=1)
        image = to_tensor(wide, self.device)
        dtype = torch.bfloat16 if self.bfloat16 else torch.float32
        return reading.features(self.encoder, image, names, self.form, dtype)

    def as_image(self, flat: Tensor, name: str, region: Rect) -> Tensor:
        """Features `(N, C)` of a region of the framed window as `(1, C, h, w)`."""
        stride = self.design.layer(name).stride
        left, right = region.x // stride, -(-region.right // stride)
        columns = min(right - left, len(flat))
        rows = len(flat) // columns
        return flat.view(rows, columns, -1).permute(2, 0, 1)[None]

    @torch.inference_mode()
    def energy(self, photo: Pixels) -> float:
        """Mean square of the photo's content features: the unit of the content loss."""
        if not self.content_weights:
            return 1.0
        flat = self.content(photo, self.everything(size_of(photo))).values()
        return float(sum(f.square().mean() for f in flat)) / len(flat)

    def restyle(
        self,
        window: Pixels,
        photo: Pixels,
        task: Task,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> Restyled:
        """The `write` rectangle after the task's iterations.

        `window` is the canvas at the start of the sweep and `photo` the photo at the same place.
        The optimizer moves the pixels through a brush (stages.nst.preconditioner).
        """
        size = size_of(window)
        w, core = self._bled(task.write, size), self._bled(task.core, size)
        wanted = self.content(photo, w)
        base = self._framed(to_tensor(window, self.device))
        start = _part(base, w).clone()
        zones = None
        if task.zones is not None:
            zones = self._framed(to_tensor(task.zones, self.device))
        objective = _Objective(self, task, core, w, wanted, zones)
        surface = _surface(start, task, None if zones is None else _part(zones, w))
        curve: list[float] = []

        def note(progress: Progress) -> None:
            curve.append(progress.loss)
            report(progress)

        def loss_of(variable: Tensor) -> Tensor:
            pixels = surface.pixels(variable)
            framed: Tensor = _Put.apply(pixels, base, w)
            return objective(framed, pixels)

        begun = surface.variable
        found = surface.pixels(minimise(begun, loss_of, task.iterations, task.optimizer, note))
        kept = self._moved(task.write).within(w)
        found = found[..., kept.y : kept.bottom, kept.x : kept.right]
        return Restyled(to_pixels(found), tuple(curve))


class _Brushed:
    """Pixels that are moved by strokes of the brush on what was there."""

    def __init__(
        self, start: Tensor, hues: NDArray[np.float32] | None, zones: Tensor | None
    ) -> None:
        self.start, self.variable, self.zones = start, torch.zeros_like(start), zones
        self.hues = None if hues is None else torch.from_numpy(hues).to(start)

    def pixels(self, variable: Tensor) -> Tensor:
        return self.start + brush.laid(variable, self.hues, self.zones)


class _Bare:
    """Pixels that are moved one by one, in units of which white has `white`."""

    def __init__(self, start: Tensor, white: float) -> None:
        self.white, self.variable = white, start * white

    def pixels(self, variable: Tensor) -> Tensor:
        return variable / self.white


def _surface(start: Tensor, task: Task, zones: Tensor | None) -> _Brushed | _Bare:
    if task.optimizer.brush == "pixels":
        return _Bare(start, task.optimizer.white)
    return _Brushed(start, task.hues, zones)


class _Put(torch.autograd.Function):
    """A framed window with new pixels in one region; the same memory every time."""

    @staticmethod
    def forward(ctx: Any, pixels: Tensor, framed: Tensor, region: Rect) -> Tensor:
        ctx.region = region
        found = framed.detach()
        _part(found, region).copy_(pixels)
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _part(gradient, ctx.region), None, None


def _part(framed: Tensor, region: Rect) -> Tensor:
    return framed[..., region.y : region.bottom, region.x : region.right]


class _Objective:
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
            self._divide(_part(zones, core).mean(dim=(0, 2, 3)).tolist())
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
