"""The torture benchmark in its short form: a sample of every kind of mishap, and no fault."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import faulty, mishaps, powercut
from benchmarks.trials import Ended, forked

ROOT = Path(__file__).parents[1]
SAMPLE = ["--kills", "12", "--cuts", "6", "--every", "120", "--flips", "30", "--each", "2"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layer reads /proc")


@pytest.mark.slow
def test_a_sample_of_all_mishaps(tmp_path: Path) -> None:
    # In a process of its own: threads of torch and libvips do not survive the forks.
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.torture", *SAMPLE, "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "torture.json").read_text())["rows"]
    assert len(rows) >= 23 and all(row["cases"] for row in rows)
    for fault in ("corrupt", "committed_lost", "not_identical", "unclear"):
        assert not any(row[fault] for row in rows)


# ---- the tools themselves


def written(root: Path, act: faulty.Act) -> Ended:
    """Two files written as the program writes, in a child under a layer."""

    def work() -> int:
        faulty.Layer(root, act).install()
        from pipeline.run.atomic import atomic_write_bytes

        for name in ("a", "b"):
            atomic_write_bytes(root / "sub" / name, b"12345678")
        return 0

    return forked(work, root.parent)


def test_the_layer_sees_every_operation_in_order(tmp_path: Path) -> None:
    run, seen = tmp_path / "run", tmp_path / "seen.txt"

    def note(step: faulty.Step) -> None:
        with seen.open("a") as file:
            file.write(f"{step.kind} ")

    assert written(run, note).code == 0
    kinds = seen.read_text().split()
    assert kinds[:2] == ["mkdir", "mkdir"]
    one = ["create", "write", "create", "fsync", "rename", "read", "fsync", "remove"]
    assert kinds[-8:] == one


def test_faults_and_kills_strike_where_they_are_aimed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write = 6  # two folders are made, one of them flushed in two steps, and a file is opened
    for number in range(3, write + 3):
        ended = written(tmp_path / f"failing-{number}", faulty.failing(number, "EIO"))
        assert ended.code == 99 and os.strerror(errno.EIO) in ended.said
    assert written(run, faulty.killed(write)).code == -signal.SIGKILL
    assert not (run / "sub" / "b").exists()
    [left] = [path for path in run.rglob(".part-*")]
    assert left.read_bytes() == b"1234"


@pytest.mark.parametrize("dice", [None, 1, 2, 3])
def test_what_was_not_flushed_is_lost(tmp_path: Path, dice: int | None) -> None:
    root, left = tmp_path / "root", tmp_path / "left"
    (root / "old").mkdir(parents=True)
    (root / "kept").write_bytes(b"kept")
    (root / "gone").write_bytes(b"gone")
    disk = powercut.Disk(root)

    def flush(path: Path) -> None:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        disk.flushed(handle)
        os.close(handle)

    for name in ("named", "nameless", "unflushed"):
        (root / name).write_bytes(name.encode())
        if name != "unflushed":
            flush(root / name)
        if name == "named":
            flush(root)
    (root / "gone").unlink()
    (root / "kept").write_bytes(b"other")
    disk.left(left, None if dice is None else random.Random(dice))
    found = {path.name: path.read_bytes() for path in left.iterdir() if path.is_file()}
    assert found["named"] == b"named" and (left / "old").is_dir()
    if dice is None:
        assert found == {"named": b"named", "kept": b"kept", "gone": b"gone"}
    else:
        assert found.get("gone", b"gone") == b"gone"
        assert found.get("nameless", b"nameless") == b"nameless"


@pytest.mark.parametrize(
    ("file", "output"),
    [
        ("prepare/photo.npy", "prepare/photo.npy"),
        ("prepare/photo.npy.json", "prepare/photo.npy"),
        ("prepare/credits.json", "prepare/credits.json"),
        ("prepare/credits.json.json", "prepare/credits.json"),
        ("finish/print.tif.json", "print.tif"),
        ("run.json", "run.json"),
    ],
)
def test_an_output_is_told_from_its_record(file: str, output: str) -> None:
    assert mishaps.output_of(file) == output
