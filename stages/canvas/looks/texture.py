"""How much a picture looks like a painting, in numbers that Gram distances do not show.

Luminance is Rec. 709's weights on display-referred sRGB; all arrays are float32 `(H, W)`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from stages.canvas.luminance import luminance
from stages.canvas.resample import resized
from stages.tiles import Size, centre_crop

Grey = NDArray[np.float32]
Pixels = NDArray[np.float32]

SCALES = (1.0, 2.0, 4.0)  # px
STRUCTURE_SIZE = Size(533, 400)
_INTEGRATION = 3.0  # of coherence: px of the tensor's blur per px of the gradient's
_PATCH, _AXIS_DEGREES = 128, 5.0  # of weave
_FLAT_PATCH, _FLAT_SHARE = 32, 0.2  # of grain


def size_of(pixels: NDArray[np.float32]) -> Size:
    """Width and height of an array, which has them the other way round."""
    return Size(pixels.shape[1], pixels.shape[0])


def _blurred(image: Grey, scale: float) -> Grey:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), scale), np.float32)


def coherence(grey: Grey, scale: float) -> float:
    """How much of the gradient's energy runs in one direction locally, 0 (none) to 1 (all).

    Gradients are Sobel's after a Gaussian blur of `scale` px; the structure tensor is their outer
    product after a Gaussian blur of 3 * `scale` px. With its eigenvalues l1 >= l2 this is the mean
    of (l1 - l2) / (l1 + l2) weighted with the energy l1 + l2: the strokes count, flats do not.
    Blurring first matters: without it the noise floor of the finest scale decides at all three.
    A plain photo is coherent too: read this beside `grain`, whose ratio is far below 1 where there
    are no strokes at all.
    """
    smooth = _blurred(grey, scale)
    across = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3), np.float32)
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3), np.float32)
    products = (across * across, down * down, across * down)
    xx, yy, xy = (_blurred(product, _INTEGRATION * scale) for product in products)
    energy = float((xx + yy).sum())
    return float(np.hypot(xx - yy, 2 * xy).sum()) / energy if energy > 1e-9 else 0.0


def _starts(length: int, patch: int) -> list[int]:
    return sorted({*range(0, length - patch + 1, max(1, patch // 2)), length - patch})


def spectrum(grey: Grey, patch: int) -> NDArray[np.float64]:
    """Mean power spectrum of half-overlapping patches, each less its mean, under a Hann window."""
    window = np.outer(np.hanning(patch), np.hanning(patch))
    total, count = np.zeros((patch, patch)), 0
    for top in _starts(grey.shape[0], patch):
        for left in _starts(grey.shape[1], patch):
            part = grey[top : top + patch, left : left + patch].astype(np.float64)
            total += np.abs(np.fft.fft2((part - part.mean()) * window)) ** 2
            count += 1
    return total / count


def weave(grey: Grey) -> float:
    """Power along the axes over power off them, in the top octave of the spectrum; 1 is neither.

    Top octave: 0.25 to 0.5 cycles/px from the origin, in patches of 128 px. Along an axis: within
    5 degrees of it. Means over frequencies, so that white noise gives 1 whatever the angle.
    """
    patch = min(_PATCH, *grey.shape)
    x, y = np.meshgrid(np.fft.fftfreq(patch), np.fft.fftfreq(patch))
    radius = np.hypot(x, y)
    large, small = np.maximum(abs(x), abs(y)), np.minimum(abs(x), abs(y))
    octave = (radius >= 0.25) & (radius <= 0.5)
    along = np.degrees(np.arctan2(small, large)) <= _AXIS_DEGREES
    power = spectrum(grey, patch)
    rest = float(power[octave & ~along].mean())
    return float(power[octave & along].mean()) / rest if rest > 1e-12 else 1.0


def grain(grey: Grey) -> float:
    """Root mean square of the finest detail where the image is flattest, in units of 0 to 1.

    Finest detail is the image less its Gaussian blur of 1 px. Flattest are the 20 % of all 32 px
    patches whose Gaussian blur of 2 px varies least: grain itself does not decide what is flat.
    """
    side = min(_FLAT_PATCH, *grey.shape)
    rows, columns = grey.shape[0] // side, grey.shape[1] // side

    def patches(image: Grey) -> Grey:
        cut = image[: rows * side, : columns * side].reshape(rows, side, columns, side)
        return cut.transpose(0, 2, 1, 3).reshape(rows * columns, side * side)

    unevenness = patches(_blurred(grey, 2.0)).std(axis=1)
    energy = np.square(patches(grey - _blurred(grey, 1.0))).mean(axis=1)
    flattest = np.argsort(unevenness, kind="stable")[: max(1, round(_FLAT_SHARE * rows * columns))]
    return float(np.sqrt(energy[flattest].mean()))


def edges(pixels: Pixels) -> Grey:
    """Gradient magnitude of the luminance at 533x400 after a Gaussian blur of 2 px."""
    smooth = _blurred(luminance(resized(pixels, STRUCTURE_SIZE)), 2.0)
    across = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3), np.float32)
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3), np.float32)
    return np.hypot(across, down)


def structure(image: Pixels, photo: Pixels) -> float:
    """Pearson's correlation of the edges of an image and its photo; 1: every edge where it was."""
    crop = cropped(photo, size_of(image))
    ours, theirs = edges(image).ravel(), edges(crop).ravel()
    if min(ours.std(), theirs.std()) < 1e-6:
        raise ValueError(f"no edges at {STRUCTURE_SIZE}; correlation is not defined")
    return float(np.corrcoef(ours, theirs)[0, 1])


def cropped(photo: Pixels, target: Size) -> Pixels:
    """The centre of the photo in the aspect ratio of the result, as `prepare` crops it."""
    part = centre_crop(size_of(photo), target)
    return photo[part.y : part.bottom, part.x : part.right]
