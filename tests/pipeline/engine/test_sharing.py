"""The model of a print on several computers: what is shared gets shorter, the rest does not."""

from __future__ import annotations

import pytest

from pipeline.engine import table
from pipeline.engine.outputs import Brief
from pipeline.engine.sharing import Piece, Split, split
from pipeline.planning import levels
from pipeline.planning.estimate import Pace
from pipeline.run.records import Input

INPUTS = (Input("photo", "", "", "", 0), Input("style", "", "", "", 0))


def test_rounds_are_those_of_the_fullest_worker() -> None:
    found = Split(100.0, (Piece(6, 10.0, 0.0),))
    assert [found.seconds(n) for n in (1, 2, 4, 6, 100)] == [160.0, 130.0, 120.0, 110.0, 110.0]


def test_a_slow_line_is_what_limits_many_workers() -> None:
    found = Split(0.0, (Piece(100, 10.0, 50e6),))
    assert found.seconds(1, line=100e6) == pytest.approx(1000.5)
    assert found.seconds(100, line=100e6) == pytest.approx(100 * (0.5 + 0.02) + 0.5)


def test_on_one_worker_it_is_the_plan_itself(printer) -> None:
    for matching in ("both", "moments"):
        settings = printer.resolved(style_matching=matching)
        brief = Brief(settings, levels.make(settings), INPUTS)
        made = split(brief, Pace(0.4, 0.4))
        shared = sum(piece.count * piece.seconds for piece in made.pieces)
        assert made.alone + shared == pytest.approx(0.4 * sum(table.level_work(brief)))
        slow = split(brief, Pace(40.0, 40.0))  # else the line is what limits so small a print
        assert 0 < slow.alone < slow.seconds(8) < slow.seconds(1)
