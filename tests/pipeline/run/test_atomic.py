"""Whole files only, whatever the disk does and whatever kills the process."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from run_files import Files, files, writing, wrong

from pipeline.run import atomic
from pipeline.run.directory import RunDir
from stages.errors import (
    DiskFull,
    ResourceError,
    TilebrushError,
)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("error", "kind", "word"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull, "disk full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), DiskFull, "disk full"),
        (OSError("12 requested and 0 written"), DiskFull, "disk full"),
        (RuntimeError("write: No space left on device"), DiskFull, "disk full"),
        (RuntimeError("I/O error: Quota (os error 122)"), DiskFull, "disk full"),
        (RuntimeError("I/O error: File too large (os error 27)"), ResourceError, "ulimit"),
        (RuntimeError("I/O error: Input/output (os error 5)"), TilebrushError, "check the disk"),
        (MemoryError(), ResourceError, "memory"),
        (PermissionError(errno.EACCES, "Permission denied"), TilebrushError, "writable"),
        (OSError(errno.EROFS, "Read-only file system"), TilebrushError, "Read-only"),
        (OSError(errno.EIO, "Input/output error"), TilebrushError, "check the disk"),
    ],
)
def test_trouble_while_writing_is_explained(
    run: RunDir, error: Exception, kind: type[TilebrushError], word: str
) -> None:
    def write(part: Path) -> None:
        part.write_bytes(b"half")
        raise error

    before = files(run.root)
    with pytest.raises(kind, match=word) as caught:
        run.commit(Files(run).photo(), write, {"key": "k"})
    assert type(caught.value) is kind and "\n" not in str(caught.value)
    assert files(run.root) == before


def test_files_that_may_not_grow(run: RunDir) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        from pipeline.run.directory import RunDir
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        run = RunDir.open(Path(sys.argv[1]))
        photo = run.path("prepare/photo.npy")
        run.commit(photo, lambda part: part.write_bytes(bytes(5000)) and None, {"key": "k"})
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(run.root)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "ulimit -f" in done.stderr
    assert not Files(run).photo().exists() and not run.valid(Files(run).photo(), "k")


def test_space_is_asked_for_in_advance(tmp_path: Path) -> None:
    atomic.require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(ResourceError, match="are needed"):
        atomic.require_space(tmp_path / "not" / "yet", 10**18)


def test_space_is_told_with_digits_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=1_344_000_000)
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(ResourceError, match=r"^1\.34 GB are free .* 1\.35 GB are needed"):
        atomic.require_space(tmp_path, 1_346_000_000)
    usage.free = 0
    with pytest.raises(ResourceError, match=r"^0 B are free .* 34 kB are needed"):
        atomic.require_space(tmp_path, 34_000)


@pytest.mark.skipif(not hasattr(os, "statvfs"), reason="flags of Unix")
def test_a_read_only_disk_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        atomic.os, "statvfs", lambda folder: SimpleNamespace(f_flag=os.ST_RDONLY | 2)
    )
    with pytest.raises(TilebrushError, match="is read-only") as caught:
        atomic.require_space(tmp_path, 34_000)
    assert caught.value.exit_code == 1


def test_a_log_that_cannot_be_written_is_no_failure(run: RunDir) -> None:
    run.log_path().mkdir()
    with run.locked():
        run.log("a line")


CRASHING = """
    import os, sys
    from pathlib import Path
    steps = int(sys.argv[2])
    def counted(function):
        def called(*given, **named):
            global steps
            steps -= 1
            if steps < 0:
                os._exit(9)
            return function(*given, **named)
        return called
    from pipeline.run.directory import RunDir
    run = RunDir.open(Path(sys.argv[1]))
    def write(part):
        with part.open("wb") as file:
            for piece in (b"new ", b"pixels"):
                counted(file.write)(piece)
                file.flush()
    for name in ("fsync", "open", "replace", "rename", "unlink"):
        setattr(os, name, counted(getattr(os, name)))
    for name in ("replace", "unlink", "open", "mkdir", "write_bytes"):
        setattr(Path, name, counted(getattr(Path, name)))
    with run.locked():
        run.commit(run.path("prepare/photo.npy"), write, {"key": "new"})
"""


def crash_after(run: RunDir, steps: int) -> bool:
    """Commit over an old output in a process that dies after so many steps; False if it lived."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASHING), str(run.root), str(steps)], cwd=ROOT
    )
    assert done.returncode in (0, 9)
    return done.returncode == 9


def test_dying_at_any_step_of_a_commit_leaves_nothing_half(run: RunDir) -> None:
    states = set()
    for steps in range(100):
        run.commit(Files(run).photo(), writing(b"old pixels"), {"key": "old"})
        died = crash_after(run, steps)
        with run.locked():
            old, new = (run.valid(Files(run).photo(), key, check="size") for key in ("old", "new"))
            assert not (old and new)
            assert old == run.valid(Files(run).photo(), "old", check="hash")
            assert new == run.valid(Files(run).photo(), "new", check="hash")
            assert wrong(run) == []
            assert not any(".part-" in name for name in files(run.root))
        states.add((old, new))
        if not died:
            break
    assert not died and new
    assert states == {(True, False), (False, False), (False, True)}


@pytest.mark.slow
def test_killing_at_random_moments_leaves_nothing_half(run: RunDir) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from pipeline.run.directory import RunDir
        run = RunDir.open(Path(sys.argv[1]))
        print("go", flush=True)
        with run.locked():
            for turn in range(10_000):
                data = os.urandom(1 << 16)
                for row in range(3):
                    run.commit(
                        run.path(f"restyle-1/sweep-1/tile-{row}-0.npy"),
                        lambda part: [part.open("ab").write(data) for _ in range(8)] and None,
                        {"key": "k", "turn": turn},
                    )
    """
    dice = random.Random(0)
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(run.root)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None and process.stdout.readline()
        time.sleep(dice.uniform(0.02, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with run.locked():
            assert wrong(run) == []
            for row in range(3):
                path = Files(run).tile(1, 1, row, 0)
                assert run.valid(path, "k") == run.valid(path, "k", check="hash")
            assert not any(".part-" in name for name in files(run.root))
