"""Sums of squared differences of Gram matrices, with the constants that were published.

All of them are c |G/M - A/M'|^2 in moments, G/M being the Gram matrix over the number of positions:
the recipes differ in c. N is a layer's channels, M its positions, P the image's pixels.

- "paper": 1/(4 N^2), Gatys et al. (2016), equation 4; Log0.
- "chollet": M^2/(36 P^2), of undivided Gram matrices over 4 3^2 P^2 for every layer: Chollet's
  Keras
  examples, and Narayanan and titu1994 after them.
- "mean": 1/N^2, the mean over the matrix's entries: Gatys' code with normalised networks.
- "mean-n": 1/N^4: Gatys' PyTorch code, whose weights are over N^2, and Johnson's neural-style,
  which
  divides Gram matrices by N M.
- "shifted" ones are of F - 1, titu1994's INetwork; Novak and Nikulin, *Improving the Neural
  Algorithm of Artistic Style* (2016), section 3.2.
"""

from __future__ import annotations

from torch import Tensor

from stages.nst.moments import LayerMoments


def factor(norm: str, channels: int, count: float, pixels: float) -> float:
    """The constant c of a layer of so many channels and positions, of an image of so many px."""
    return {
        "paper": 1 / (4 * channels**2),
        "chollet": (count / (6 * pixels)) ** 2,
        "mean": 1 / channels**2,
        "mean-n": 1 / channels**4,
    }[norm]


def shifted(moments: LayerMoments) -> Tensor:
    """The Gram matrix of F - 1 over the number of positions, from those of F: `(C, C)`."""
    mean = moments.mean
    return moments.gram - mean[:, None] - mean[None, :] + 1


def gram_loss(
    found: LayerMoments,
    style: LayerMoments,
    norm: str,
    count: float,
    pixels: float,
    *,
    shift: bool = False,
) -> Tensor:
    """One layer's distance of Gram matrices; `shift` takes those of F - 1."""
    now, goal = (shifted(m) if shift else m.gram for m in (found, style))
    return factor(norm, len(found.mean), count, pixels) * (now - goal).square().sum()
