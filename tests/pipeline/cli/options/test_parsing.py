"""Texts of options and arguments, read and checked."""

from __future__ import annotations

from pipeline.cli.options.parsing import assignments, parse_stage, parse_tile


def test_reading_stages_tiles_and_assignments() -> None:
    assert parse_stage("restyle@12") == ("restyle", 12)
    assert parse_stage("finish") == ("finish", None)
    assert parse_tile("0, 3") == (0, 3)
    assert assignments(["a=1", "b=x=y", "a=2"]) == {"a": "2", "b": "x=y"}
