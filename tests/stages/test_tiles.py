from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stages.tiles import (
    Grid,
    Rect,
    Size,
    Tile,
    best_core,
    centre_crop,
    fitted,
    grid,
    levels,
    shift_of,
)

SIDES = st.integers(1, 3000)


@st.composite
def grids(draw: st.DrawFn) -> tuple[Grid, dict[str, int]]:
    align = draw(st.sampled_from([1, 4, 8, 16]))
    asked = {
        "core": align * draw(st.integers(2, 40)),
        "overlap": align * draw(st.integers(0, 4)),
        "halo": align * draw(st.integers(0, 6)),
        "align": align,
    }
    size = Size(draw(st.integers(1, 2500)), draw(st.integers(1, 900)))
    # Few enough tiles to look at all of them.
    assume(size.width * size.height < 400 * asked["core"] ** 2)
    return grid(size, **asked, shift=shift_of(draw(st.integers(0, 9)))), asked


def _ends(cut: Grid) -> tuple[list[int], list[int]]:
    """Right ends of the columns and bottom ends of the rows."""
    columns = [tile.core.right for tile in cut.tiles[: cut.columns]]
    return columns, [tile.core.bottom for tile in cut.tiles[:: cut.columns]]


@given(grids())
def test_cores_partition_the_canvas(made: tuple[Grid, dict[str, int]]) -> None:
    cut, _ = made
    columns, rows = _ends(cut)
    assert len(cut.tiles) == cut.columns * cut.rows
    for tile in cut.tiles:
        left = columns[tile.col - 1] if tile.col else 0
        top = rows[tile.row - 1] if tile.row else 0
        assert tile.core == Rect(left, top, columns[tile.col] - left, rows[tile.row] - top)
        assert tile.core.width > 0
        assert tile.core.height > 0
    assert (columns[-1], rows[-1]) == (cut.size.width, cut.size.height)
    assert sum(tile.core.pixels for tile in cut.tiles) == cut.size.pixels


@given(grids())
def test_writes_are_cores_and_overlaps_within_the_canvas(made: tuple[Grid, dict[str, int]]) -> None:
    cut, asked = made
    overlap = asked["overlap"]
    for tile in cut.tiles:
        assert tile.write.x == max(0, tile.core.x - overlap)
        assert tile.write.y == max(0, tile.core.y - overlap)
        assert tile.write.right == min(cut.size.width, tile.core.right + overlap)
        assert tile.write.bottom == min(cut.size.height, tile.core.bottom + overlap)


@given(grids())
def test_windows_hold_the_halo_or_reach_the_edge(made: tuple[Grid, dict[str, int]]) -> None:
    cut, asked = made
    halo = asked["halo"]
    for tile in cut.tiles:
        assert tile.window.x <= max(0, tile.write.x - halo)
        assert tile.window.y <= max(0, tile.write.y - halo)
        assert tile.window.right >= min(cut.size.width, tile.write.right + halo)
        assert tile.window.bottom >= min(cut.size.height, tile.write.bottom + halo)


@given(grids())
def test_windows_have_one_shape_and_leave_the_canvas_by_less_than_one_step(
    made: tuple[Grid, dict[str, int]],
) -> None:
    cut, asked = made
    align = asked["align"]
    assert len({(tile.window.width, tile.window.height) for tile in cut.tiles}) == 1
    for tile in cut.tiles:
        assert tile.window.x >= 0
        assert tile.window.y >= 0
        assert tile.window.right < cut.size.width + align
        assert tile.window.bottom < cut.size.height + align


@given(grids())
def test_cuts_and_windows_are_aligned(made: tuple[Grid, dict[str, int]]) -> None:
    cut, asked = made
    align = asked["align"]
    columns, rows = _ends(cut)
    assert all(end % align == 0 for end in [*columns[:-1], *rows[:-1]])
    for tile in cut.tiles:
        assert all(v % align == 0 for v in (tile.window.x, tile.window.y))
        assert all(v % align == 0 for v in (tile.window.width, tile.window.height))


@given(grids())
def test_inner_cores_are_alike_and_at_most_the_size_asked_for(
    made: tuple[Grid, dict[str, int]],
) -> None:
    cut, asked = made
    inner = {tile.core.width for tile in cut.tiles if 0 < tile.col < cut.columns - 1}
    assert len(inner) <= 1
    most = asked["core"] + asked["overlap"] + asked["halo"]
    for tile in cut.tiles:
        if 0 < tile.col < cut.columns - 1:
            assert tile.core.width <= asked["core"]
        if cut.columns > 1:
            assert tile.core.width <= max(most, asked["core"])


def _windows(cut: Grid) -> int:
    return sum(tile.window.pixels for tile in cut.tiles)


@given(SIDES, SIDES, st.integers(4, 60), st.integers(0, 4), st.integers(0, 6))
def test_best_cores_are_least_work_in_no_more_memory(
    width: int, height: int, core: int, overlap: int, halo: int
) -> None:
    size, align = Size(width, height), 16
    rest = {"overlap": overlap * align, "halo": halo * align, "align": align}
    core *= align
    best = best_core(size, core=core, **rest)
    chosen, square = (grid(size, core=c, **rest) for c in (best, core))
    most = (core + 2 * (rest["overlap"] + rest["halo"])) ** 2
    assert chosen.tiles[0].window.pixels <= most
    assert _windows(chosen) <= _windows(square)
    assert max(tile.core.width for tile in chosen.tiles[1:-1] or chosen.tiles) <= max(
        best.width + rest["overlap"] + rest["halo"], best.width
    )
    padded = -(-width // align) * -(-height // align) * align**2
    if padded <= most:
        assert len(chosen.tiles) == 1


def test_an_axis_is_not_cut_once_more_for_a_few_px() -> None:
    rest = {"overlap": 32, "halo": 64, "align": 16}
    size = Size(6000, 4500)
    chosen = grid(size, core=best_core(size, core=704, **rest), **rest)
    square = grid(size, core=704, **rest)
    assert (chosen.columns, chosen.rows) == (9, 6) != (square.columns, square.rows)
    assert _windows(chosen) < 0.96 * _windows(square)


@given(SIDES, SIDES, st.integers(0, 8))
def test_consecutive_sweeps_cut_elsewhere(width: int, height: int, sweep: int) -> None:
    """With the default tiles; nearest cuts of two sweeps lie at least an overlap apart."""
    asked = {"core": 512, "overlap": 32, "halo": 64, "align": 16}
    first = grid(Size(width, height), **asked, shift=shift_of(sweep))
    second = grid(Size(width, height), **asked, shift=shift_of(sweep + 1))
    for before, after in zip(_ends(first), _ends(second), strict=True):
        assert not set(before[:-1]) & set(after[:-1])


@given(st.integers(1, 400), SIDES, st.floats(1.05, 2.0), SIDES, SIDES)
def test_levels_grow_by_one_constant_ratio(
    width: int, height: int, most: float, last_width: int, last_height: int
) -> None:
    first, last = Size(width, height), Size(last_width, last_height)
    sizes = levels(first, last, most)
    assert sizes[-1] == last
    if last.width <= first.width and last.height <= first.height:
        assert sizes == (last,)
        return
    growth = max(last.width / first.width, last.height / first.height)
    ratio = growth ** (1 / (len(sizes) - 1))
    assert ratio <= most + 1e-6
    assert len(sizes) == 2 or growth ** (1 / (len(sizes) - 2)) > most
    for number, size in enumerate(sizes):
        shrink = ratio ** (number + 1 - len(sizes))
        assert abs(size.width - max(1, last.width * shrink)) <= 0.5 + 1e-6
        assert abs(size.height - max(1, last.height * shrink)) <= 0.5 + 1e-6
    for smaller, larger in itertools.pairwise(sizes):
        assert smaller.width <= larger.width
        assert smaller.height <= larger.height


def test_the_levels_of_the_standard_print() -> None:
    sizes = levels(Size(533, 400), Size(6000, 4500))
    assert sizes[0] == Size(533, 400)
    assert sizes[-1] == Size(6000, 4500)
    assert len(sizes) == 5


@given(SIDES, SIDES, SIDES, SIDES)
def test_centre_crops_lie_inside_and_touch_two_edges(a: int, b: int, c: int, d: int) -> None:
    source, target = Size(a, b), Size(c, d)
    crop = centre_crop(source, target)
    assert crop.x >= 0
    assert crop.y >= 0
    assert crop.right <= a
    assert crop.bottom <= b
    assert crop.width == a or crop.height == b
    assert abs((a - crop.width) // 2 - crop.x) == 0
    ideal = min(a / c, b / d)
    assert math.isclose(crop.width, max(1, c * ideal), abs_tol=0.5 + 1e-6)
    assert math.isclose(crop.height, max(1, d * ideal), abs_tol=0.5 + 1e-6)


@given(SIDES, SIDES, SIDES, SIDES)
def test_fitted_sizes_lie_in_the_box(a: int, b: int, c: int, d: int) -> None:
    source, box = Size(a, b), Size(c, d)
    assert fitted(source, box, "cover") == box
    inside = fitted(source, box, "contain")
    assert 1 <= inside.width <= c
    assert 1 <= inside.height <= d
    assert inside.width == c or inside.height == d


@pytest.mark.parametrize("wrong", [{"core": 100}, {"overlap": 3}, {"halo": 5}, {"core": 0}])
def test_sizes_that_do_not_align_are_refused(wrong: dict[str, int]) -> None:
    asked = {"core": 64, "overlap": 16, "halo": 16, "align": 16} | wrong
    with pytest.raises(ValueError, match="multiple of 16"):
        grid(Size(500, 500), **asked)


def test_rectangles() -> None:
    rect = Rect(3, 4, 10, 20)
    assert (rect.right, rect.bottom, rect.pixels) == (13, 24, 200)
    assert rect.within(Rect(1, 1, 50, 50)) == Rect(2, 3, 10, 20)
    assert str(Size(3, 4)) == "3x4"
    assert Tile(1, 2, rect, rect, rect).name == "1,2"
