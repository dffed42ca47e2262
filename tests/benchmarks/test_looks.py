"""`benchmarks.looks` beside a painting, and as a command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import looks

Grey = NDArray[np.float32]


def test_a_painting_beside_itself_is_one(style_array: Grey, photo_array: Grey) -> None:
    rows = {row.measure: row for row in looks.measures(style_array, style_array, photo_array)}
    assert list(rows)[-1] == "structure" and rows["structure"].ratio is None
    for name, row in rows.items():
        if name != "structure":
            assert row.ratio == pytest.approx(1.0), name


def test_command_prints_a_table_and_json(
    photo: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looks.main([str(photo), str(style), str(photo), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    rows = json.loads(said.strip().splitlines()[-1])
    assert "| coherence, mean |" in said
    assert rows == json.loads((tmp_path / "looks.json").read_text())["rows"]
    assert rows[-1]["image"] == pytest.approx(1.0)


def test_command_needs_the_painting(photo: Path) -> None:
    with pytest.raises(SystemExit):
        looks.main([str(photo)])
