"""Names that fit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.run import atomic, names
from stages.errors import TilebrushError


def test_short_names_stay() -> None:
    assert names.cut("photo_style", ".png", 255) == "photo_style.png"


@pytest.mark.parametrize("letter", ["a", "\u00e4", "\u6d6e", "\udcff"])
def test_long_names_are_cut_and_stay_different(letter: str) -> None:
    found = {names.cut(letter * 300 + end, ".png", 255) for end in ("", "1", "2")}
    assert len(found) == 3
    for name in found:
        assert name.endswith(".png") and len(os.fsencode(name)) <= 255
        assert Path(name).suffix == ".png"
        assert letter == "\udcff" or name.startswith(letter * 80)


@pytest.mark.parametrize("length", [1, 200, 250, 251, 255])
def test_any_name_that_is_possible_can_be_written(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("n" * (length - len(".png")) + ".png" if length > 4 else "n")
    seen: list[Path] = []

    def write(part: Path) -> None:
        seen.append(part)
        part.write_bytes(b"whole")

    atomic.try_out(path)
    assert list(tmp_path.iterdir()) == []
    atomic.atomic_write(path, write)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"whole"
    assert seen[0].suffix == path.suffix and seen[0].name.startswith(names.TEMPORARY)
    atomic.remove_tree(path)


def test_a_name_that_is_too_long_is_told_with_its_length(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 256)
    with pytest.raises(TilebrushError, match=r"256 bytes.*255.*shorter"):
        atomic.try_out(path)
    assert list(tmp_path.iterdir()) == []


def test_a_suffix_without_end_is_part_of_the_name(tmp_path: Path) -> None:
    path = tmp_path / ("n." + "x" * 253)
    atomic.atomic_write_text(path, "whole")
    assert path.read_text() == "whole"


def test_trying_out_needs_a_folder_that_takes_files(tmp_path: Path) -> None:
    with pytest.raises(TilebrushError):
        atomic.try_out(tmp_path / "none" / "out.png")
