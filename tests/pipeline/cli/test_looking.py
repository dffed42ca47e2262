"""Commands that look at runs and at this computer."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_runner import Done, Runner

from pipeline import __version__
from pipeline.cli.app import main
from stages.errors import (
    Interrupted,
)


def test_looking_after_runs(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("resume", "status", "verify", "clean"):
        assert main([command, "d", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"what": "done", "problems": []}
    assert [(name, given[0]) for name, given, _ in runner.calls] == [
        (name, Path("d")) for name in ("resume", "status", "verify", "clean")
    ]


def test_verify_fails_on_damage(runner: Runner) -> None:
    runner.result = Done("checked", ("canvas.npy",))
    assert main(["verify", "d"]) == 1


def test_watching_ends_when_the_run_does_and_when_told(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "d", "--watch"]) == 0
    runner.error = Interrupted(signal.SIGINT)
    capsys.readouterr()
    assert main(["status", "d", "--watch"]) == 130
    assert capsys.readouterr().err == ""


def test_encoders_and_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Done("bundled")
    known = SimpleNamespace(describe=lambda: [row])
    nst = SimpleNamespace(encoders=known)
    monkeypatch.setitem(sys.modules, "stages.nst", nst)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "stages.nst.encoders", known)  # type: ignore[arg-type]
    assert main(["encoders"]) == 0
    assert "bundled" in capsys.readouterr().out
    monkeypatch.setattr("pipeline.commands.doctor.probes", dict)
    assert main(["doctor", "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["tilebrush"] == __version__
