"""`tilebrush view` from the command line: the address, what it serves, and what has no page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from pipeline.cli.app import main
from pipeline.commands.clean import clean
from pipeline.commands.view import prepare
from pipeline.console.console import Console
from pipeline.run.directory import RunDir
from stages.errors import TilebrushError

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of Unix")


def test_it_tells_its_address_and_serves_until_it_is_stopped(copied: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "view", str(copied), "--no-open", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        text += process.stdout.readline()
    told = json.loads(text)
    assert told["run"] == str(copied) and told["address"].startswith("http://127.0.0.1:")
    with urlopen(told["address"]) as page:
        assert b"<h1" in page.read()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_without_a_run_there_is_no_page(tmp_path: Path, capfd: Any) -> None:
    assert main(["view", str(tmp_path), "--no-open"]) == 10
    assert main(["view", str(tmp_path), "--port", "70000"]) == 2


def test_a_run_without_a_page_gets_one(copied: Path) -> None:
    shutil.rmtree(copied / "report")
    prepare(RunDir.open(copied), Console(quiet=True))
    assert (copied / "report" / "data.js").is_file()


def test_of_a_cleaned_run_the_page_is_shown_as_it_was(copied: Path) -> None:
    before = (copied / "report" / "data.js").read_bytes()
    clean(copied)
    prepare(RunDir.open(copied), Console(quiet=True))
    assert (copied / "report" / "data.js").read_bytes() == before
    shutil.rmtree(copied / "report")
    with pytest.raises(TilebrushError, match="has no report"):
        prepare(RunDir.open(copied), Console(quiet=True))


def test_a_run_that_another_process_works_on_is_not_touched(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.commands.view._PATIENCE", 0.3)
    with RunDir.open(copied).locked():
        prepare(RunDir.open(copied), Console(quiet=True))
        shutil.rmtree(copied / "report")
        with pytest.raises(TilebrushError, match="has no report"):
            prepare(RunDir.open(copied), Console(quiet=True))
