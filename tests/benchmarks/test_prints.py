"""benchmarks.prints on a small finished print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import prints


def test_a_finished_print_is_measured_and_its_parts_are_written(
    printer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printer(tmp_path / "run")
    found = ["--crops", str(tmp_path / "crops"), "--out", str(tmp_path)]
    assert prints.main([str(tmp_path / "run"), str(printer.style), *found]) == 0
    table = json.loads((tmp_path / "prints.json").read_text())["rows"]
    rows = {row["measure"]: row["value"] for row in table}
    assert 0 < rows["similarity to display"] < 1 and rows["CIEDE2000 from display"] > 0
    assert 0 < rows["evenness"] <= 1 and rows["foreign colours"] < 0.2
    seams = [value for name, value in rows.items() if name.startswith("seams")]
    assert seams and max(seams) < 1.5
    names = {path.name for path in (tmp_path / "crops").iterdir()}
    assert names == {"whole.jpg", "parts.jpg", "painting.jpg"}
    assert "evenness" in capsys.readouterr().out
