"""The command line with a stand-in for what it calls."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from cli_runner import Runner


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runner:
    stand_in = Runner()
    for module, name in Runner.COMMANDS:
        commands = importlib.import_module(f"pipeline.commands.{module}")
        monkeypatch.setattr(commands, name, stand_in.of(getattr(commands, name)))
    monkeypatch.chdir(tmp_path)
    return stand_in
