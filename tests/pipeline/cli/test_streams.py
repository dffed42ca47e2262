"""Standard streams that are closed or full: the work is done, with the right exit code."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="shell and devices of Unix")


def tilebrush(line: str, redirected: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command line under a shell with some of its streams redirected."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m pipeline {line} {redirected}', sys.executable],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">&-", "2>/dev/full"])
def test_a_missing_photo_is_told_by_the_code(folder: Path, closed: str) -> None:
    done = tilebrush("display none.jpg none.jpg -o out.png", closed, folder)
    assert done.returncode == 15
    assert ("none.jpg" in done.stderr) == ("2>" not in closed)
    assert "Traceback" not in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    ("line", "closed", "code"),
    [
        ("encoders", ">/dev/full", 1),
        ("encoders", ">&-", 0),
        ("--help", ">/dev/full", 1),
        ("--version", ">/dev/full", 1),
        ("--version", ">&-", 0),
        ("encoders", ">/dev/full 2>/dev/full", 1),
        ("bogus", "2>/dev/full", 2),
    ],
)
def test_what_only_tells_has_failed_if_that_is_lost(
    folder: Path, line: str, closed: str, code: int
) -> None:
    done = tilebrush(line, closed, folder)
    assert done.returncode == code
    told = ">/dev/full" in closed and "2>" not in closed
    assert done.stderr.count("\n") == told
    assert ("standard output cannot be written (No space left" in done.stderr) == told
    assert "resume" not in done.stderr


@pytest.mark.parametrize("command", ["status", "verify"])
def test_a_full_disk_under_the_output_is_not_that_of_the_run(
    folder: Path, finished: Path, command: str
) -> None:
    done = tilebrush(f"{command} {shlex.quote(str(finished))}", ">/dev/full", folder)
    assert done.returncode == 1
    assert "standard output" in done.stderr and "resume" not in done.stderr


@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", ">/dev/full"])
def test_the_picture_is_made_and_whole(
    folder: Path, photo: Path, style: Path, tiny_print: dict[str, object], closed: str
) -> None:
    options = " ".join(f"--set {key}={value}" for key, value in tiny_print.items())
    done = tilebrush(f"display {photo} {style} -o out.png {options}", closed, folder)
    assert done.returncode == 0
    from stages import canvas

    canvas.check(folder / "out.png")
    assert ("done, but standard output" in done.stderr) == (closed == ">/dev/full")
    assert [path.name for path in folder.iterdir()] == ["out.png"]


def test_no_file_of_a_run_gets_the_number_of_a_stream(folder: Path) -> None:
    code = """if True:
        import os, sys
        from pipeline.cli import streams
        streams.open_missing()
        streams.open_missing()
        with open("first", "w") as file:
            print("lost"), sys.stderr.write("lost"), os.write(2, b"lost"), sys.stdin.read()
            file.write(str(file.fileno()))
    """
    subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code], cwd=folder, check=True
    )
    assert int((folder / "first").read_text()) > 2


def test_a_reader_that_has_left_costs_no_print(folder: Path, copied: Path) -> None:
    run = shlex.quote(str(copied))
    both = f'"$0" -m pipeline resume {run}; echo $? >code; "$0" -m pipeline status {run}'
    done = subprocess.run(
        ["sh", "-c", f"({both}; echo $? >>code) | true", sys.executable],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and "standard output" not in done.stderr
    assert (folder / "code").read_text().split() == ["0", "1"]


def test_with_open_streams_nothing_changes(folder: Path) -> None:
    done = tilebrush("encoders --json", "", folder)
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads(done.stdout)[0]["name"] == "bundled"
