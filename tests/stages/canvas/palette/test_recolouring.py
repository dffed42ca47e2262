from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from stages.canvas.palette import oklab, recolouring
from stages.canvas.palette.recolouring import Colours, How

REFERENCE = Path(__file__).parents[5] / "shared" / "recipes" / "reference.json"
HOWS = get_args(How)


def clouds() -> tuple[Any, Any]:
    """Two pictures of colours that go together in different ways, all well inside sRGB."""
    generator = np.random.default_rng(1)
    mixed = generator.normal(0, 0.05, (5000, 3)) @ np.array([[1, 0.6, 0], [0, 1, 0.5], [0.3, 0, 1]])
    other = generator.normal(0, 0.06, (4000, 3)) @ np.array(
        [[1, -0.4, 0], [0, 0.5, 0], [0, 0.2, 1]]
    )
    return np.add(mixed, (0.4, 0.5, 0.6)).astype(np.float32), np.add(other, (0.6, 0.4, 0.5)).astype(
        np.float32
    )


@pytest.mark.parametrize("how", HOWS)
def test_the_colours_come_to_those_of_the_other_picture(how: How) -> None:
    source, onto = clouds()
    found = recolouring.fit(Colours(source), Colours(onto), how)(source)
    seen = [oklab.of_srgb(each) if how == "oklab" else each for each in (found, onto)]
    np.testing.assert_allclose(*(each.mean(0) for each in seen), atol=2e-3)
    np.testing.assert_allclose(
        *(each.std(0) for each in seen), rtol=0.25 if how == "luma" else 0.02
    )
    if how == "mkl":
        np.testing.assert_allclose(*(np.cov(each.T) for each in seen), atol=1e-4)
    if how == "histogram":
        quantiles = [np.quantile(each, [0.05, 0.3, 0.5, 0.9], axis=0) for each in seen]
        np.testing.assert_allclose(*quantiles, atol=2e-3)
    if how == "luma":
        light = [each @ recolouring.LUMA for each in seen]
        assert light[0].std() == pytest.approx(light[1].std(), rel=0.02)


@pytest.mark.parametrize("how", HOWS)
def test_a_picture_onto_itself_stays(how: How) -> None:
    source, _ = clouds()
    found = recolouring.fit(Colours(source), Colours(source), how)(source)
    np.testing.assert_allclose(found, source, atol=2e-3)


@pytest.mark.parametrize("how", HOWS)
def test_every_pixel_goes_by_its_colour_alone(how: How) -> None:
    source, onto = clouds()
    moved = recolouring.fit(Colours(source), Colours(onto), how)
    assert np.array_equal(moved(source[70:90]), moved(source)[70:90])


@pytest.mark.parametrize("how", HOWS)
def test_what_counts_nothing_is_not_seen(how: How) -> None:
    source, onto = clouds()
    more = np.concatenate([onto, np.ones((3000, 3), np.float32)])
    weights = np.concatenate([np.ones(len(onto)), np.zeros(3000)]).astype(np.float32)
    plain = recolouring.fit(Colours(source), Colours(onto), how)
    masked = recolouring.fit(Colours(source), Colours(more, weights), how)
    np.testing.assert_allclose(masked(source), plain(source), atol=1e-5)


@pytest.mark.parametrize("how", HOWS)
def test_grey_with_a_little_noise_does_not_become_confetti(how: How) -> None:
    generator = np.random.default_rng(2)
    grey = generator.uniform(0.2, 0.8, (4000, 1)).repeat(3, 1) + generator.normal(
        0, 1e-3, (4000, 3)
    )
    _, onto = clouds()
    found = recolouring.fit(Colours(grey.astype(np.float32)), Colours(onto), how)
    step = found(np.float32([[0.5, 0.5, 0.5], [0.502, 0.5, 0.5]]))
    assert np.abs(step[1] - step[0]).max() < 0.05


def test_nothing_that_counts_is_refused() -> None:
    source, onto = clouds()
    with pytest.raises(ValueError, match="no pixel counts"):
        recolouring.fit(Colours(source), Colours(onto, np.zeros(len(onto), np.float32)), "mkl")


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the reference numbers lie elsewhere")
def test_histograms_are_matched_as_a_known_program_does() -> None:
    reference = json.loads(REFERENCE.read_text())["colour"]
    name = "titu color_transfer hist_match, generated pixels(400) to photo pixels(401)"
    wanted = np.array(reference[name], np.float32)
    source, onto = (
        np.random.default_rng(seed).integers(0, 256, wanted.shape) / 255.0 for seed in (400, 401)
    )
    flat = [Colours(each.reshape(-1, 3).astype(np.float32)) for each in (source, onto)]
    found = recolouring.fit(flat[0], flat[1], "histogram")(source.astype(np.float32)) * 255
    assert np.abs(found - wanted).max() < 2
