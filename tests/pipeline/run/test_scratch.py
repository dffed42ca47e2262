"""Temporary folders go with their process, or with the next one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.run import scratch

ROOT = Path(__file__).parents[3]
HOLDING = """
import time
from pipeline.run import scratch
with scratch.folder() as folder:
    (folder / "canvas.npy").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def holding() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_it_is_gone_afterwards(temporary: Path) -> None:
    with scratch.folder() as folder:
        assert folder.parent == temporary and str(os.getpid()) in folder.name
        (folder / "sub").mkdir()
    with pytest.raises(ValueError), scratch.folder():
        raise ValueError
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_works_is_not(temporary: Path) -> None:
    dead, left = holding()
    alive, used = holding()
    try:
        dead.kill()
        dead.wait()
        assert (left / "canvas.npy").exists()
        with scratch.folder() as folder:
            assert set(temporary.iterdir()) == {used, folder}
        assert (used / "canvas.npy").exists()
    finally:
        alive.kill()
        alive.wait()


def test_nothing_else_is_touched(temporary: Path) -> None:
    others = [temporary / name for name in ("tilebrush-x", "tilebrush-12-abcdefgh", "tilebrush-1")]
    for other in others:
        other.mkdir()
        (other / "mine").touch()
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere" / ".lock").touch()
    (temporary / "tilebrush-34-abcdefgh").symlink_to(temporary / "elsewhere")
    before = sorted(temporary.rglob("*"))
    with scratch.folder():
        pass
    assert sorted(temporary.rglob("*")) == before


def test_without_locks_it_works(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(lock: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(scratch.FileLock, "acquire", none)
    with scratch.folder() as folder:
        assert folder.is_dir()
    assert list(temporary.iterdir()) == []
