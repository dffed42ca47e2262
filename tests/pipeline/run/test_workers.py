"""The small file that says who works on a run."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.run import workers
from pipeline.run.workers import WorkerRow

ROW = WorkerRow(
    name="3", host="attic", state="working", doing="restyle@2 sweep 1 tile 0,1",
    done=4, seconds=20.0, work=10.0, joules=600.0,
)  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert workers.read(tmp_path) == ()
    workers.write(tmp_path, (ROW,))
    assert workers.read(tmp_path) == (ROW,) and ROW.pace == 0.5
    workers.forget(tmp_path)
    assert workers.read(tmp_path) == () and not list(tmp_path.iterdir())


def test_an_old_file_or_a_damaged_one_says_nothing(tmp_path: Path) -> None:
    workers.write(tmp_path, (ROW,))
    path = tmp_path / workers.FILE
    said = json.loads(path.read_text())
    for changed in (
        {**said, "at": said["at"] - 3600},
        {"at": said["at"]},
        {**said, "workers": [1]},
    ):
        path.write_text(json.dumps(changed))
        assert workers.read(tmp_path) == ()
    path.write_bytes(b"\xff half")
    assert workers.read(tmp_path) == ()
