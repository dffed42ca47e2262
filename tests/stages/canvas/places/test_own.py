"""The painting's own paint in a photo: where there is some, and what it is taken for."""

from __future__ import annotations

import cv2
import numpy as np

from stages.canvas.places import own
from tests.stages.canvas.places.painting import painting, soft


def test_a_painting_is_its_own_paint() -> None:
    assert own.share(painting(), painting()).min() > 0.9


def test_other_strokes_are_not_however_alike_their_forms_are() -> None:
    photo = soft(painting(), 4.0)
    noise = np.random.default_rng(1).normal(0, 0.05, photo.shape).astype(np.float32)
    assert own.share(np.clip(photo + noise, 0, 1), photo).max() < 0.1
    assert own.share(painting(seed=1), painting()).mean() < 0.1


def test_plain_parts_are_nobodys() -> None:
    plain = np.full((60, 80, 3), 0.5, np.float32)
    assert own.share(plain, plain).max() == 0


def test_only_the_part_that_is_painted_counts() -> None:
    photo = painting()
    photo[:, 100:] = cv2.GaussianBlur(painting(seed=3), (0, 0), 5.0)[:, 100:]
    found = own.share(painting(), photo)
    assert found[:, :70].min() > 0.9 and found[:, 130:].max() < 0.1
