"""Sheets of paper: picture, border, bleed, and what of the photo is on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.errors import UsageError
from stages.sheet import CENTRE, Margins, focused_crop, laid_out
from stages.tiles import Size, centre_crop, fitted

SIDES = st.integers(40, 3000)
SHARES = st.floats(0, 1)


@pytest.mark.parametrize("fit", ["contain", "cover"])
def test_without_anything_around_it_the_sheet_is_the_picture(fit: str) -> None:
    photo, paper = Size(300, 200), Size(400, 300)
    sheet = laid_out(photo, paper, fit)
    assert sheet.size == sheet.picture == sheet.trimmed == fitted(photo, paper, fit)


def test_bleed_goes_on_beyond_each_edge() -> None:
    sheet = laid_out(Size(300, 200), Size(400, 300), "cover", bleed=9)
    assert (sheet.picture, sheet.trimmed) == (Size(418, 318), Size(400, 300))
    sheet = laid_out(Size(300, 200), Size(400, 300), "contain", bleed=9)
    assert sheet.trimmed == Size(400, 267)


def test_with_a_border_the_sheet_is_the_whole_paper() -> None:
    sheet = laid_out(Size(300, 200), Size(400, 300), "contain", border=Margins(10, 20, 30, 40))
    assert sheet.size == sheet.trimmed == Size(400, 300)
    assert sheet.picture == fitted(Size(300, 200), Size(340, 260), "contain") == Size(340, 227)
    assert sheet.border == Margins(10 + 16, 20, 30 + 17, 40)
    even = laid_out(Size(300, 200), Size(400, 300), "cover", border=Margins(10, 10, 10, 10))
    assert (even.picture, even.border) == (Size(380, 280), Margins(10, 10, 10, 10))


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 10), st.integers(0, 9))
def test_border_and_bleed_add_up_to_the_paper(
    a: int, b: int, c: int, d: int, wide: int, bleed: int
) -> None:
    around = Margins(wide, wide, wide, wide)
    for fit in ("contain", "cover"):
        sheet = laid_out(Size(a, b), Size(c, d), fit, bleed=bleed, border=around)
        assert sheet.trimmed == Size(c, d)
        border = sheet.border
        assert min(border.top, border.right, border.bottom, border.left) >= wide + bleed
        assert abs(border.left - border.right) <= 1 and abs(border.top - border.bottom) <= 1


def test_a_border_that_leaves_nothing_is_refused_with_numbers() -> None:
    with pytest.raises(UsageError, match="leaves 0x100 px of 200x300 px"):
        laid_out(Size(30, 20), Size(200, 300), "cover", border=Margins(100, 100, 100, 100))


@given(SIDES, SIDES, SIDES, SIDES, SHARES, SHARES)
def test_crops_lie_inside_and_hold_their_point(
    a: int, b: int, c: int, d: int, x: float, y: float
) -> None:
    source, target = Size(a, b), Size(c, d)
    crop, centred = focused_crop(source, target, (x, y)), centre_crop(source, target)
    assert (crop.width, crop.height) == (centred.width, centred.height)
    assert crop.x >= 0 and crop.y >= 0 and crop.right <= a and crop.bottom <= b
    assert crop.x - 1 <= x * a <= crop.right + 1 and crop.y - 1 <= y * b <= crop.bottom + 1
    assert focused_crop(source, target, CENTRE) == centred


def test_an_edge_ends_the_crop() -> None:
    source, target = Size(300, 200), Size(100, 100)
    assert focused_crop(source, target, (0.0, 0.5)).x == 0
    assert focused_crop(source, target, (1.0, 0.5)).right == 300
    assert focused_crop(source, target, (0.4, 0.0)).x == 20
