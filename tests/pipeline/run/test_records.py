"""Records: what is known of finished outputs, checked to the bit; keys and inputs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from run_files import Files, writing, wrong

from pipeline.config import load as config
from pipeline.run.directory import Input, RunDir, key_of
from stages.errors import (
    InputImageError,
)
from stages.tiles import Size


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"key": "k"}', '{"key": "k", "x": 1}'])
def test_a_damaged_record_does_not_count(run: RunDir, text: str) -> None:
    path = Files(run).photo()
    run.commit(path, writing(b"pixels"), {"key": "k"})
    run.record_path(path).write_text(text)
    assert not run.valid(path, "k")
    assert [problem.path for problem in wrong(run)] == ["prepare/photo.npy.json"]


def test_every_single_bit_of_a_record_is_found(run: RunDir) -> None:
    path = Files(run).photo()
    run.commit(path, writing(b"pixels"), {"key": "k", "losses": {"first": 1.5e-05}})
    beside = run.record_path(path)
    data = beside.read_bytes()
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytes([data[place] ^ 1 << bit])
            beside.write_bytes(data[:place] + flipped + data[place + 1 :])
            assert run.record(path) is None, (place, bit)
    beside.write_bytes(data)
    assert run.record(path) is not None


def test_records_from_before_checksums_are_read(run: RunDir) -> None:
    made = run.commit(Files(run).photo(), writing(b"pixels"), {"key": "k"})
    run.record_path(Files(run).photo()).write_text(json.dumps(asdict(made), indent=1) + "\n")
    assert run.record(Files(run).photo()) == made


def test_keys_are_the_same_for_the_same_parts() -> None:
    assert key_of("a", {"x": 1, "y": 2.5}) == key_of("a", {"y": 2.5, "x": 1})
    assert key_of(Size(1, 2)) == key_of({"width": 1, "height": 2})
    tiles = config.Settings().tiles
    assert key_of(tiles) == key_of({"halo": tiles.halo, "overlap": 32, "core": tiles.core})
    assert len({key_of("a", "b"), key_of("ab"), key_of(["a", "b"]), key_of("a", "b", None)}) == 4
    assert key_of() == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    with pytest.raises(TypeError):
        key_of(object())


def test_a_missing_input_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(InputImageError):
            Input.of("photo", path)
