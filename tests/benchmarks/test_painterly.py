"""The measures of benchmarks.painterly on pictures whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from painting import made, painting, soft

from benchmarks import painterly as paint
from stages import canvas
from stages.canvas.places.matching import Blocks, Matches


def test_the_painting_itself_has_all_that_is_wanted() -> None:
    own = painting(320, 240)
    assert paint.relief(own, own) == pytest.approx(1.0)
    assert paint.contrast(own, own) == pytest.approx((1.0,) * 5)
    assert paint.foreign(own, own) == 0
    assert paint.similarity(own, own) == pytest.approx(1.0)
    assert paint.patch_distance(own[:, :160], own, 512) == pytest.approx(1.0, abs=0.05)


def test_a_soft_picture_lacks_relief_and_contrast_and_is_less_like_it() -> None:
    own = painting(320, 240)
    flat = soft(own, 2.0)
    assert paint.relief(flat, own) < 0.8
    fine, *_, broad = paint.contrast(flat, own)
    assert fine < 0.2 and broad > 0.8
    assert paint.similarity(flat, own) < 0.8


def test_noise_is_no_paint() -> None:
    own = painting(320, 240)
    noise = np.random.default_rng(0).random((240, 320, 1), np.float32).repeat(3, axis=2)
    assert paint.patch_distance(noise, own, 512) > 1.1


def test_colours_that_a_painting_lacks_are_foreign() -> None:
    own = np.full((50, 80, 3), (0.2, 0.3, 0.7), np.float32)
    image = own.copy()
    image[:, :40] = (0.9, 0.2, 0.1)
    assert paint.foreign(image, own) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("copies", [1, 8])
def test_evenness_counts_places_of_the_painting_whatever_the_copy(copies: int) -> None:
    found = made(copies=copies)
    here = found.places.reshape(1, -1, 3)
    nothing = np.zeros(here.shape[:2], np.int64)
    blocks = Blocks(0, 0, nothing, nothing, nothing)
    assert paint.evenness(Matches(blocks, here), found) < 0.05
    one = np.repeat(here[:, :copies], 50, axis=1)
    blocks = Blocks(0, 0, *(np.zeros(one.shape[:2], np.int64),) * 3)
    assert paint.evenness(Matches(blocks, one), found) == 1.0


def test_the_command_measures_a_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, seed in (("image", 1), ("style", 0)):
        canvas.preview(painting(320, 240, seed), tmp_path / f"{name}.png")
    files = [str(tmp_path / f"{name}.png") for name in ("image", "style")]
    assert paint.main([*files, "--crop", "20,30,200,150", "--out", str(tmp_path)]) == 0
    rows = json.loads(capsys.readouterr().out.rsplit("\n", 2)[-2])
    assert [row["measure"] for row in rows][:3] == ["relief", "patch distance", "foreign colours"]
    assert (tmp_path / "painterly.json").is_file()
    assert paint.main([files[1], files[1], "--identity"]) == 0
    *_, last = json.loads(capsys.readouterr().out.rsplit("\n", 2)[-2])
    assert last["measure"] == "identity" and last["value"] == pytest.approx(1.0)


def test_a_border_that_jumps_is_a_seam_and_strokes_that_happen_to_lie_there_are_not() -> None:
    image = np.random.default_rng(1).random((120, 160, 3), np.float32)
    assert paint.seams(image, {80}, {60}) == pytest.approx(1.0, abs=0.05)
    image[:, 80:] += 1
    assert paint.seams(image, {80}, {60}) > 1.5
    assert paint.seams(image, {80}, set()) > 2
