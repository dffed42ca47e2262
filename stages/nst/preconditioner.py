"""The brush: through it the optimizer moves the pixels, broad strokes before fine ones.

Pixels are `start + laid(strokes)`, where `laid` is a sum of Gaussian blurs, the broadest heaviest.
What the optimizer sees is then the gradient smoothed in the same way, so the first iterations move
whole strokes instead of single pixels. Without it a few iterations give a weave and a stipple of
single pixels, which the next level enlarges and keeps; the minimum itself is the same.

The idea is that of preconditioning an image's gradient by the spectrum of natural images: Olah,
Mordvintsev, Schubert, *Feature Visualization* (2017), who scale Fourier coefficients by 1/f. Blurs
do nearly the same on tiles of any size, locally.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# Share and Gaussian sigma in px; chosen by eye among five at 400x300 and 800x600.
FINEST = 0.25
_HANDS = ThreadPoolExecutor(max_workers=3, thread_name_prefix="brush")
BLURS = ((0.5, 0.7), (0.7, 1.4), (1.0, 2.8))


def laid(strokes: Tensor, hues: Tensor | None = None, zones: Tensor | None = None) -> Tensor:
    """What strokes `(1, 3, H, W)` add to the pixels; beyond the edges there are none.

    With `hues` `(3, 3)`, a projection, only what they have of those directions of RGB; with `zones`
    `(1, Z, H, W)` of the pixels, `(Z, 3, 3)`, each in its own.
    """
    if hues is not None and zones is not None:
        same = torch.eye(3).to(hues)
        less = [torch.einsum("dc,bchw->bdhw", own - same, strokes) for own in hues]
        for number, change in enumerate(less):
            strokes = strokes + zones[:, number : number + 1] * change
    elif hues is not None:
        strokes = torch.einsum("dc,bchw->bdhw", hues, strokes)
    found: Tensor = _Laid.apply(strokes)
    return found


class _Laid(torch.autograd.Function):
    """The sum of blurs is its own transpose, so the way back is the way there."""

    @staticmethod
    def forward(ctx: Any, strokes: Tensor) -> Tensor:
        return _summed(strokes)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _summed(gradient)


def _summed(image: Tensor) -> Tensor:
    if image.device.type != "cpu":
        return _summed_anywhere(image)
    # OpenCV's filters take 9 ms for 752x752 px where torch's convolutions of 3 channels take 230.
    # Its filters use one core and let go of the interpreter: channels go side by side.
    planes = image.detach()[0].contiguous().numpy()
    total = FINEST * planes

    def lay(channel: int) -> None:
        for share, sigma in BLURS:
            onto = total[channel]
            cv2.scaleAdd(blurred(planes[channel], sigma), share, onto, onto)

    list(_HANDS.map(lay, range(len(planes))))
    return torch.from_numpy(total)[None]


def _summed_anywhere(image: Tensor) -> Tensor:
    """The same by torch's convolutions, for graphics cards."""
    total = FINEST * image
    for share, sigma in BLURS:
        taps = torch.from_numpy(_kernel(sigma)).to(image)
        radius = len(taps) // 2
        rows = F.conv2d(image.transpose(0, 1), taps.view(1, 1, 1, -1), padding=(0, radius))
        both = F.conv2d(rows, taps.view(1, 1, -1, 1), padding=(radius, 0))
        total.add_(both.transpose(0, 1), alpha=share)
    return total


def _kernel(sigma: float) -> np.ndarray[Any, Any]:
    return np.asarray(cv2.getGaussianKernel(2 * max(1, round(3 * sigma)) + 1, sigma, cv2.CV_32F))


def blurred(plane: np.ndarray[Any, Any], sigma: float) -> np.ndarray[Any, Any]:
    """Gaussian blur of `sigma` px of one channel `(H, W)`; zeros lie beyond the edges."""
    kernel = _kernel(sigma)
    border = cv2.BORDER_CONSTANT
    return np.asarray(cv2.sepFilter2D(plane, cv2.CV_32F, kernel, kernel, borderType=border))
