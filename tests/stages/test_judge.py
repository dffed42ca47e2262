"""Pictures judged beside their photo and painting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages import canvas, judge
from stages.canvas.files import Pixels


@pytest.fixture
def inputs(photo_array: Pixels, style_array: Pixels, tmp_path: Path) -> dict[str, Path]:
    canvas.write(tmp_path / "photo.npy", photo_array)
    canvas.write(tmp_path / "style.npy", style_array)
    return {name: tmp_path / f"{name}.npy" for name in ("photo", "style")}


def test_the_photo_itself_has_its_structure_and_none_of_the_paint(
    studio: Any, inputs: dict[str, Path]
) -> None:
    found = judge.judged(studio, inputs["photo"], **inputs)
    assert found.structure == pytest.approx(1.0)
    assert found.palette == pytest.approx(1.0)
    assert found.content_loss == pytest.approx(0.0, abs=1e-6)
    assert found.style_loss is not None and found.style_loss > 0.01


def test_the_painting_itself_is_one_in_all_that_is_over_it(
    studio: Any, inputs: dict[str, Path], tmp_path: Path
) -> None:
    found = judge.judged(studio, inputs["style"], **inputs)
    for value in (found.coherence, found.weave, found.grain, found.contrast_least):
        assert value == pytest.approx(1.0, abs=1e-3)
    assert found.palette == 0 and found.foreign_share == 0
    assert found.style_loss is not None and found.style_loss < 0.1


def test_a_picture_without_edges_is_told_as_that(
    studio: Any, inputs: dict[str, Path], tmp_path: Path
) -> None:
    canvas.write(tmp_path / "flat.npy", np.full((60, 80, 3), 0.5, np.float32))
    found = judge.judged(studio, tmp_path / "flat.npy", **inputs)
    assert found.structure is None
    assert found.coherence == 0.0


def test_a_painting_without_any_stroke_is_nothing_to_be_over(
    studio: Any, inputs: dict[str, Path], tmp_path: Path
) -> None:
    flat = tmp_path / "flat.npy"
    canvas.write(flat, np.full((60, 80, 3), 0.5, np.float32))
    found = judge.judged(studio, inputs["photo"], inputs["photo"], flat)
    assert found.coherence is None and found.contrast_least is None
