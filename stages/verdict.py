"""A picture beside its photo and its painting, in numbers; `stages.judge` measures them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is told of a picture; None where it cannot be told, as of a picture without edges.

    `coherence`, `weave`, `grain` and `contrast_least` and `contrast_most` (of bands of 1, 2, 4, 8
    and 16 px) are over the painting's own, so that 1 is the painting. `structure` is the
    correlation of edges with the photo's, 1 is the photo. `palette` is the distance to the
    painting's colours, the photo's own is 1; `foreign_share` the share of pixels in colours that
    the painting has not. `style_loss` and `content_loss` are what the judging encoder sees, each
    relative to its target's own size; less is nearer.
    """

    coherence: float | None
    weave: float | None
    grain: float | None
    contrast_least: float | None
    contrast_most: float | None
    structure: float | None
    palette: float | None
    foreign_share: float | None
    style_loss: float | None
    content_loss: float | None
