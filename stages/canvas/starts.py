"""What a picture starts from: the photo, a painting, a plain ground, noise, or a mixture.

Noise is drawn row by row from the seed and the row's number: a place's noise is the same whatever
part is asked for, so that no tiling shows. Pixels of a start may lie beyond black and white, as
those of the published ones do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.canvas.files import Pixels
from stages.tiles import Rect

GREY = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Start:
    """How a picture begins, by the names of the settings in [start].

    `ground` is red, green, blue in 0 to 1; `amount` is the most of "uniform" noise and the standard
    deviation of "normal", as a share of white.
    """

    kind: str = "photo"
    ground: tuple[float, float, float] = GREY
    photo: float = 0.0
    noise: str = "uniform"
    amount: float = 0.0
    seed: int = 0


def begun(start: Start, photo: Pixels, painting: Pixels | None = None) -> Pixels:
    """The first pixels `(H, W, 3)` for a photo; `painting` has the same size, for that kind.

    Log0 mixes 0.6 of noise with 0.4 of the photo, both less the mean; Narayanan and Gatys begin
    with noise, Johnson with next to none on the mean colour, Chollet and Gatys' code with the
    photo.
    """
    if start.kind == "photo":
        return photo
    if start.kind == "painting":
        assert painting is not None
        return painting
    height, width, _ = photo.shape
    found = np.broadcast_to(np.asarray(start.ground, np.float32), photo.shape).copy()
    if start.kind == "mixed":
        found += np.float32(start.photo) * (photo - found)
    if start.kind != "grey":
        drawn = noise(start.noise, start.seed, Rect(0, 0, width, height))
        found += np.float32(start.amount) * drawn
    return found


def noise(kind: str, seed: int, part: Rect) -> NDArray[np.float32]:
    """Noise of a part of any picture, `(height, width, 3)`.

    "uniform" from -1 to 1, or "normal" of variance one.
    """
    rows = []
    for row in range(part.y, part.bottom):
        generator = np.random.default_rng((seed, row))
        if kind == "uniform":
            drawn = 2 * generator.random((part.right, 3), np.float32) - 1
        else:
            drawn = generator.standard_normal((part.right, 3), np.float32)
        rows.append(drawn[part.x :])
    return np.stack(rows)
