"""The survey of a whole canvas: the same in whatever parts, none of them as wide as the canvas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.canvas.places import survey
from stages.tiles import Size
from tests.stages.canvas.places.painting import made, painting, ready, soft


def test_a_survey_does_not_hang_on_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas, places = soft(painting(seed=4), 3.0), made()
    whole = ready(places, canvas).survey
    monkeypatch.setattr(survey, "_ROWS", 40)
    monkeypatch.setattr(survey, "_COLUMNS", 56)
    parts = ready(places, canvas).survey
    np.testing.assert_allclose(parts.gains, whole.gains, rtol=1e-5)
    np.testing.assert_allclose(parts.prices, whole.prices, atol=2e-3)


@given(st.integers(1, 20_000), st.integers(1, 1500), st.integers(0, 90))
def test_parts_cover_a_canvas_once_and_are_no_wider_than_allowed(
    width: int, height: int, around: int
) -> None:
    row = np.arange(width, dtype=np.float32)[None, :, None]
    seen = np.zeros((1, width), int) if height == 1 else None
    pixels = 0
    for core, window, part in survey._parts(
        lambda a, b: np.broadcast_to(row, (b - a, width, 1)), Size(width, height), around
    ):
        assert part.shape[:2] == (window.height, window.width)
        assert window.width <= survey._COLUMNS + 2 * around
        assert part[0, 0, 0] == window.x <= core.x and core.right <= window.right
        assert window.y <= core.y and core.bottom <= window.bottom
        pixels += core.pixels
        if seen is not None:
            seen[0, core.x : core.right] += 1
    assert pixels == width * height
    assert seen is None or (seen == 1).all()
