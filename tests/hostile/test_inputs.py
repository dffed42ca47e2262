"""Odd and hostile image files: used, or refused at once in one line; nothing else is touched.

A case must take under 2 s and 1.5 GB. Only much more is a failure here, since machines that run
tests are shared.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import odd_files
import pytest
from odd_files import REFUSED, USABLE, Case

from pipeline.cli.app import main
from pipeline.planning.resolve import peak_memory
from stages.canvas.inputs import decode

LONGEST = 20.0
MOST = 500_000_000  # bytes more than before


def named(cases: list[Case]) -> pytest.MarkDecorator:
    assert len({case.name for case in cases}) == len(cases)
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name.replace(" ", "-"))


def state_of(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder; None for what holds no bytes of its own."""
    return {
        str(path): path.read_bytes()
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 10**8
        else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def display(
    tiny_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, Path]]:
    """`tilebrush display` over an earlier result; exit code, what it said, and the result."""
    out = tmp_path / "earlier.png"
    out.write_bytes(b"an earlier result")
    settings = {
        "encoder.name": tiny_encoder, "display.size": "64x64", "display.start": 1,
        "display.iterations": 1, "run.threads": 1, "run.precision": "float32", "run.nice": 0,
    }  # fmt: skip
    options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]

    def call(photo: Path, style: Path) -> tuple[int, str, Path]:
        began, before = time.monotonic(), peak_memory()
        code = main(["display", *options, "-o", str(out), "-q", "--", str(photo), str(style)])
        assert time.monotonic() - began < LONGEST
        assert peak_memory() - before < MOST
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.err, out

    return call


def test_the_table_is_long_enough() -> None:
    assert len(USABLE) + len(REFUSED) >= 100


@named(USABLE)
def test_odd_files_are_used(
    case: Case, display: Callable[..., tuple[int, str, Path]], style: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = case.make(folder)
    before = state_of(folder)
    code, said, out = display(path, style)
    assert (code, said) == (0, "")
    assert out.read_bytes().startswith(b"\x89PNG")
    assert state_of(folder) == before


@named(REFUSED)
@pytest.mark.parametrize("role", ["photo", "style"])
def test_others_are_refused_in_one_line(
    case: Case,
    role: str,
    display: Callable[..., tuple[int, str, Path]],
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = case.make(folder)
    before = state_of(folder)
    if case.bomb:
        monkeypatch.setattr(decode, "_convert", lambda *_: pytest.fail("it was decoded"))
    code, said, out = display(*((path, style) if role == "photo" else (style, path)))
    assert code == case.code, said
    assert said.startswith("tilebrush: ") and said.count("\n") == 1 and case.says in said
    assert "internal error" not in said and len(said) < 1000 + len(str(path))
    assert out.read_bytes() == b"an earlier result"
    assert state_of(folder) == before
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".part-")]  # noqa: PTH208


def test_settings_that_would_fill_the_disk_are_refused(
    printer: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=50 * 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    run, inputs = tmp_path / "run", [str(printer.photo), str(printer.style)]
    for size in ("30000x30000", "31622x31622"):
        options = [*printer.options(), "--set", "run.memory=900GB", "--set", "tiles.core=720"]
        code = main(["print", *inputs, "--run", str(run), *options, "--set", f"print.size={size}"])
        said = capsys.readouterr().err
        assert code == 13 and said.count("\n") == 1 and "are needed" in said
        assert not run.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_is_refused(
    display: Callable[..., tuple[int, str, Path]], style: Path, tmp_path: Path
) -> None:
    path = odd_files.saved("p.png")(tmp_path)
    path.chmod(0)
    assert display(path, style)[0] == 15
