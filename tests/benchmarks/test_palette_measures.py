"""`benchmarks.palette` as a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import palette


def test_command_prints_a_table_and_json(
    photo: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert palette.main([str(style), str(photo), str(style), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    rows = json.loads(said.strip().splitlines()[-1])
    assert "| palette |" in said and len(rows) == 9
    assert rows == json.loads((tmp_path / "palette.json").read_text())["rows"]
    assert rows[0]["image"] == 0 and rows[0]["photo"] == 1
    assert rows[-1]["image"] == pytest.approx(1)
