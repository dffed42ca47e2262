"""Restyle one window: the loss of a tile (or a whole image), and its minimisation.

Arrays come and go as float32 `(H, W, 3)`, 0 to 1 sRGB; inside, tensors are `(1, 3, H, W)`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from stages.computing import Device, Precision
from stages.nst.features import NOWHERE, Reading, Wanted, read
from stages.nst.moments import Moments
from stages.nst.network import Encoder
from stages.nst.optimize import Progress, minimise
from stages.nst.published import reading
from stages.nst.published.form import Form
from stages.nst.windows.objective import Objective
from stages.nst.windows.surface import Put, part, surface_of
from stages.nst.windows.task import Pixels, Restyled, Task
from stages.tiles import Rect, Size


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
        start = part(base, w).clone()
        zones = None
        if task.zones is not None:
            zones = self._framed(to_tensor(task.zones, self.device))
        objective = Objective(self, task, core, w, wanted, zones)
        surface = surface_of(start, task, None if zones is None else part(zones, w))
        curve: list[float] = []

        def note(progress: Progress) -> None:
            curve.append(progress.loss)
            report(progress)

        def loss_of(variable: Tensor) -> Tensor:
            pixels = surface.pixels(variable)
            framed: Tensor = Put.apply(pixels, base, w)
            return objective(framed, pixels)

        begun = surface.variable
        found = surface.pixels(minimise(begun, loss_of, task.iterations, task.optimizer, note))
        kept = self._moved(task.write).within(w)
        found = found[..., kept.y : kept.bottom, kept.x : kept.right]
        return Restyled(to_pixels(found), tuple(curve))
