"""Neural neighbours: a whole image from the painting's nearest features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from stages.nst.encoders import load
from stages.nst.optimize import Progress
from stages.nst.published import pyramid
from stages.nst.published.form import Form
from stages.nst.published.layering import Layering
from stages.nst.published.neighbours import At, Neighbours, Painter
from stages.nst.published.use import Use
from stages.nst.studio import Studio

LAYERS = Layering(("relu1_1", "relu2_1", "relu3_1", "relu4_1"))


def test_a_pyramid_is_the_image() -> None:
    image = torch.rand(1, 3, 37, 50, generator=torch.Generator().manual_seed(0))
    parts = pyramid.taken_apart(image, 4)
    assert [part.shape[-1] for part in parts] == [50, 25, 12, 6, 3]
    assert torch.allclose(pyramid.put_together(parts), image, atol=1e-6)


def test_every_scale_comes_nearer_to_what_was_matched(tiny_encoder: Path) -> None:
    form = Form(pooling="max", padding="zero")
    studio = Studio(load(str(tiny_encoder), note=print, use=Use(LAYERS, form=form)), form=form)
    generator = np.random.default_rng(0)
    photos = [generator.random((size, size + 16, 3), np.float32) for size in (48, 64)]
    painting = generator.random((64, 48, 3), np.float32) ** 2
    seen: list[tuple[int, int]] = []

    def note(number: int, progress: Progress) -> None:
        seen.append((number, progress.iteration))

    painter = Painter(studio, Neighbours(rate=0.02))
    found = painter.painted([At(photo, (painting,), 20) for photo in photos], note)
    assert found.shape == photos[-1].shape and found.min() >= 0 and found.max() <= 1
    assert seen == [(number, step) for number in range(2) for step in range(1, 21)]
    first, last = painter.losses
    assert first[-1] < first[0] and last[9] < last[0] and last[19] < last[10]
    again = Painter(studio, Neighbours(rate=0.02))
    assert np.array_equal(
        again.painted([At(photo, (painting,), 20) for photo in photos], note), found
    )
