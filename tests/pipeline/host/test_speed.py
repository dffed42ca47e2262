"""What the computer computes fast with is found once, and kept where that is possible."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.host import speed
from stages.computing import Device, Precision
from stages.nst import device
from stages.nst.device import Speed


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Speed]:
    """The answers of the trials to come, last one first."""
    left: list[Speed] = []
    monkeypatch.setattr(device, "speed", lambda cores: left.pop())
    monkeypatch.setattr(speed, "cores", lambda: 4)
    monkeypatch.setenv("TILEBRUSH_CACHE", str(tmp_path / "cache"))
    return left


def test_the_first_answer_is_kept(trials: list[Speed]) -> None:
    trials += [Speed(0.2, 4, True), Speed(2.0, 2, True)]
    found = [(speed.precision(Precision.AUTO, Device.CPU), speed.threads(0)) for _ in range(3)]
    assert found == [("bfloat16", 2)] * 3
    assert [path.name for path in speed.folder().iterdir()] == [speed.kept_in().name]


def test_what_is_asked_for_needs_no_trial(trials: list[Speed]) -> None:
    assert speed.precision(Precision.FLOAT32, Device.CPU) == "float32"
    assert speed.precision(Precision.AUTO, Device.MPS) == "float32"
    assert speed.threads(3) == 3


def test_an_answer_that_is_not_sure_is_used_and_not_kept(trials: list[Speed]) -> None:
    trials += [Speed(2.0, 4, True), Speed(0.9, 4, False)]
    assert [speed.precision(Precision.AUTO, Device.CPU) for _ in range(3)] == [
        "float32",
        *["bfloat16"] * 2,
    ]


def test_another_torch_or_processor_is_another_computer(
    trials: list[Speed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trials += [Speed(3.0, 1, True), Speed(2.0, 2, True), Speed(1.0, 4, True)]
    assert speed.answer().threads == 4
    monkeypatch.setattr(device, "torch_version", lambda: "99.0")
    assert speed.answer().threads == 2
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : Abacus 2\n")
    monkeypatch.setattr(speed, "_CPUINFO", tmp_path / "cpuinfo")
    assert speed.answer().threads == 1


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "null", "{}", "[" * 100_000, "\xff", '{"format": 1, "computer": 3}'],
    ids=["empty", "cut", "list", "null", "no keys", "deep", "no text", "other"],
)
def test_a_damaged_answer_is_found_anew(trials: list[Speed], text: str) -> None:
    trials += [Speed(0.5, 2, True), Speed(2.0, 4, True)]
    speed.answer()
    speed.kept_in().write_text(text, encoding="latin-1")
    assert speed.answer() == Speed(0.5, 2, True) == speed.answer()


@pytest.mark.parametrize(("old", "new"), [("4", "400"), ("2.0", "NaN"), ("2.0", "-2")])
def test_an_impossible_answer_is_found_anew(trials: list[Speed], old: str, new: str) -> None:
    trials += [Speed(0.5, 2, True), Speed(2.0, 4, True)]
    speed.answer()
    file = speed.kept_in()
    names = {"4": '"threads": ', "2.0": '"bfloat16_gain": '}
    text = file.read_text()
    assert names[old] + old in text
    file.write_text(text.replace(names[old] + old, names[old] + new))
    assert speed.answer() == Speed(0.5, 2, True)


def test_a_folder_that_cannot_be_made_is_no_error(
    trials: list[Speed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TILEBRUSH_CACHE", str(tmp_path / "file" / "cache"))
    trials += [Speed(2.0, 2, True), Speed(2.0, 4, True)]
    assert [speed.answer().threads for _ in range(2)] == [4, 2]


def test_a_name_that_is_taken_is_no_error(trials: list[Speed]) -> None:
    trials += [Speed(2.0, 2, True), Speed(2.0, 4, True)]
    speed.kept_in().mkdir(parents=True)
    assert [speed.answer().threads for _ in range(2)] == [4, 2]
    assert [path.name for path in speed.folder().iterdir()] == [speed.kept_in().name]


def test_without_a_name_it_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TILEBRUSH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert "tilebrush" in speed.folder().name
