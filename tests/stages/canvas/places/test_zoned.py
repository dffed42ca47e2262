"""Places where the canvas is divided: every block has those of its own zone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from painting import MANNER, options, painting, size_of, soft

from stages.canvas.files import Pixels
from stages.canvas.places import dictionary as dictionaries
from stages.canvas.places import paint, survey
from stages.canvas.places.dictionary import Dictionary
from stages.canvas.places.gathering import Quota, divided
from stages.canvas.places.matching import blocks
from stages.canvas.places.paint import Ready, matched, voted
from stages.errors import TilebrushError
from stages.tiles import Rect, Size


def paintings() -> list[Pixels]:
    """A red and a blue one."""
    red, blue = painting(200, 150, 1) * (1, 0, 0), painting(220, 160, 2) * (0, 0, 1)
    return [red.astype(np.float32), blue.astype(np.float32)]


@pytest.fixture(scope="module")
def found() -> Dictionary:
    return divided(paintings(), [Quota(0, 0, 0.5), Quota(1, 1, 0.5)], options())


@pytest.fixture(scope="module")
def canvas() -> Pixels:
    return soft(painting(240, 160, 7))


def halves(size: Size, ramp: int = 1) -> Pixels:
    """Zone 0 on the left, 1 on the right, with a ramp between."""
    x = np.arange(size.width, dtype=np.float32)
    right = np.clip((x - size.width / 2) / ramp + 0.5, 0, 1)
    return np.broadcast_to(np.stack([1 - right, right], -1), (size.height, size.width, 2)).copy()


def ready(found: Dictionary, canvas: Pixels, shares: Pixels) -> Ready:
    def rows(top: int, bottom: int) -> Pixels:
        return canvas[top:bottom]

    seen = survey.surveyed(rows, size_of(canvas), found, MANNER, shares=lambda a, b: shares[a:b])
    return Ready(found, seen, MANNER)


def test_a_survey_of_zones_does_not_hang_on_its_parts(
    found: Dictionary, canvas: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = halves(size_of(canvas), 40)
    whole = ready(found, canvas, shares).survey
    monkeypatch.setattr(survey, "_ROWS", 40)
    monkeypatch.setattr(survey, "_COLUMNS", 56)
    parts = ready(found, canvas, shares).survey
    np.testing.assert_allclose(parts.zones, whole.zones, rtol=1e-5)
    np.testing.assert_allclose(parts.prices, whole.prices, atol=2e-3)


def test_every_block_has_a_place_of_its_zone(found: Dictionary, canvas: Pixels) -> None:
    shares = halves(size_of(canvas))
    everything = Rect(0, 0, 240, 160)
    own = matched(canvas, everything, size_of(canvas), ready(found, canvas, shares), shares)
    x = blocks(size_of(canvas), everything, MANNER, 4).x
    sheets = own.places[..., 0] // found.options.copies
    assert np.array_equal(sheets, (x >= 120).astype(int))


def test_soft_edges_draw_zones_as_often_as_they_have_a_share(
    found: Dictionary, canvas: Pixels
) -> None:
    shares = np.full((160, 240, 2), (0.25, 0.75), np.float32)
    own = matched(
        canvas, Rect(0, 0, 240, 160), size_of(canvas), ready(found, canvas, shares), shares
    )
    assert np.mean(own.places[..., 0] // found.options.copies) == pytest.approx(0.75, abs=0.06)


def test_paint_ends_where_its_zone_does(found: Dictionary, canvas: Pixels) -> None:
    shares, size = halves(size_of(canvas)), size_of(canvas)
    everything = Rect(0, 0, 240, 160)
    at = replace(ready(found, canvas, shares), manner=replace(MANNER, tone=0.0))
    painted = voted(canvas, everything, everything, size, at, shares)
    bluer = painted[..., 2] > painted[..., 0]
    assert bluer[:, :118].mean() < 0.02 and bluer[:, 122:].mean() > 0.98


def test_a_part_is_as_in_the_whole(found: Dictionary, canvas: Pixels) -> None:
    shares, size = halves(size_of(canvas), 60), size_of(canvas)
    own = ready(found, canvas, shares)
    everything, part = Rect(0, 0, 240, 160), Rect(90, 50, 60, 50)
    around = paint.reach(MANNER, found.options)
    left, top = max(0, part.x - around), max(0, part.y - around)
    window = Rect(
        left, top, min(240, part.right + around) - left, min(160, part.bottom + around) - top
    )
    cut = slice(window.y, window.bottom), slice(window.x, window.right)
    whole = voted(canvas, everything, everything, size, own, shares)
    alone = voted(canvas[cut].copy(), window, part, size, own, shares[cut].copy())
    np.testing.assert_allclose(alone, whole[part.y : part.bottom, part.x : part.right], atol=1e-3)


def test_what_is_nobodys_stays(found: Dictionary, canvas: Pixels) -> None:
    shares, everything = halves(size_of(canvas)), Rect(0, 0, 240, 160)
    shares[:60] = 0
    painted = voted(
        canvas, everything, everything, size_of(canvas), ready(found, canvas, shares), shares
    )
    assert np.array_equal(painted[:60], canvas[:60])
    assert np.abs(painted[60:] - canvas[60:]).mean() > 0.02


def test_places_stay_where_their_zone_may_look(canvas: Pixels) -> None:
    both, seen = paintings()[0], np.zeros((150, 200), np.float32)
    seen[:, :110] = 1
    found = divided(
        [both],
        [Quota(0, 0, 0.5, lambda: seen), Quota(1, 0, 0.5, lambda: 1 - seen)],
        options(copies=2),
    )
    shares, everything = halves(size_of(canvas)), Rect(0, 0, 240, 160)
    own = matched(canvas, everything, size_of(canvas), ready(found, canvas, shares), shares)
    x = blocks(size_of(canvas), everything, MANNER, 4).x
    column = np.where(own.places[..., 0] % 2 == 1, 199 - own.places[..., 2], own.places[..., 2])
    assert np.array_equal(column >= 110, x >= 120)


def test_it_is_written_and_read(found: Dictionary, canvas: Pixels, tmp_path: Path) -> None:
    shares = halves(size_of(canvas))
    dictionaries.save(found, tmp_path / "d.safetensors")
    again = dictionaries.load(tmp_path / "d.safetensors")
    seen = ready(found, canvas, shares).survey
    survey.save(seen, tmp_path / "s.safetensors")
    back = survey.load(tmp_path / "s.safetensors")
    everything = Rect(0, 0, 240, 160)
    pair = [
        matched(canvas, everything, size_of(canvas), Ready(d, s, MANNER), shares).places
        for d, s in ((found, seen), (again, back))
    ]
    assert np.array_equal(*pair) and back.zones == seen.zones


def test_a_mask_that_leaves_no_room_is_refused() -> None:
    nothing = np.zeros((150, 200), np.float32)
    with pytest.raises(TilebrushError, match="no room for a stroke"):
        divided(paintings(), [Quota(0, 0, 0.5, lambda: nothing), Quota(1, 1, 0.5)], options())
