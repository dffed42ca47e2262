"""`tilebrush recipes`: the list, and one recipe as the file that it is."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.config import recipe as recipes


def test_all_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == recipes.names()


def test_what_is_shown_is_a_recipe_itself(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in recipes.names():
        assert main(["recipes", name]) == 0
        Path("copy.toml").write_text(capfd.readouterr().out, encoding="utf-8")
        assert recipes.find("copy.toml").tables == recipes.find(name).tables


def test_json_has_facts_and_settings(capfd: pytest.CaptureFixture[str]) -> None:
    for name in recipes.names():
        assert main(["recipes", name, "--json"]) == 0
        found = json.loads(capfd.readouterr().out)
        assert found["name"] == name and found["notes"]
        said = tomllib.loads(found["text"])
        for section in set(said) - {"about", "recipe"}:  # what it builds on comes to these
            assert said[section].items() <= found["settings"][section].items()


def test_an_unknown_one_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "gatis"]) == 2
    said = capfd.readouterr()
    assert said.out == "" and "unknown recipe 'gatis'" in said.err
