"""benchmarks.lookup: ways to look places up agree on what is near, and steps are timed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import lookup


@pytest.fixture
def keys() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    table = generator.normal(0, 0.2, (500, 12)).astype(np.float32)
    return (table[::7] + generator.normal(0, 1e-3, (72, 12))).astype(np.float32), table


@pytest.mark.parametrize("way", list(lookup.WAYS))
def test_every_way_finds_what_lies_next_to_a_query(
    keys: tuple[np.ndarray, np.ndarray], way: str
) -> None:
    found, seconds = lookup.WAYS[way](*keys)
    assert (found == np.arange(0, 500, 7)).mean() > 0.9 and seconds > 0


def test_a_finished_print_is_painted_anew_and_timed(
    printer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printer(tmp_path / "run")
    assert lookup.main([str(tmp_path / "run"), "--parts", "1", "--out", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "lookup.json").read_text())["rows"]
    assert [row["way"] for row in rows] == list(lookup.WAYS)
    assert rows[0]["as_near"] == 1 and rows[0]["the_same"] == 100
    assert all(0.99 < row["as_near"] < 3 and row["the_same"] > 30 for row in rows)
    said = capsys.readouterr().out
    assert "| looking up | " in said and "| painting, all of it | " in said
