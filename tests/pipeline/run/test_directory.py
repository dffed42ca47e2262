"""The run directory: begun, opened, and what run.json says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from run_files import files, manifest, wrong

from pipeline.config import load as config
from pipeline.run import manifest as twofold
from pipeline.run.directory import Input, RunDir, sha256_file
from stages.errors import (
    RunMissing,
    TilebrushError,
    UsageError,
)


def test_create_and_open(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"picture")
    made = replace(manifest(), inputs=(Input.of("photo", photo),), tools={"torch": "2"})
    RunDir.create(tmp_path / "a" / "b", made)
    found = RunDir.open(tmp_path / "a" / "b").manifest()
    assert found == made
    assert found.inputs[0].size == 7
    assert found.inputs[0].sha256 == sha256_file(photo)
    assert config.from_record(found.resolved) == config.Settings()


def test_no_run_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(RunMissing, match=path.name):
            RunDir.open(path)


def test_a_run_is_not_made_twice_or_among_other_things(tmp_path: Path, run: RunDir) -> None:
    with pytest.raises(TilebrushError, match="resume"):
        RunDir.create(run.root, manifest())
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.jpg").touch()
    with pytest.raises(UsageError, match=r"cat\.jpg"):
        RunDir.create(tmp_path / "pictures", manifest())
    with pytest.raises(UsageError, match="file"):
        RunDir.create(tmp_path / "pictures" / "cat.jpg", manifest())


def test_a_run_can_be_made_where_making_one_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in (".lock", ".owner", ".part-12ab-run.json", "run.log"):
        (folder / name).write_text("x")
    assert RunDir.create(folder, manifest()).manifest()
    assert ".part-12ab-run.json" not in files(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 2}', '{"format": "x", "inputs": []}', "\x00"]
)
def test_a_damaged_run_is_said_so(run: RunDir, text: str) -> None:
    for name in ("run.json", ".run.json"):
        (run.root / name).write_text(text)
    with pytest.raises(TilebrushError, match="damaged") as caught:
        RunDir.open(run.root)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("text", [None, "", "{", "[" * 100_000, '{"format": 2}', "\x00"])
@pytest.mark.parametrize("name", ["run.json", ".run.json"])
def test_a_damaged_run_json_is_mended_from_its_copy(
    run: RunDir, name: str, text: str | None
) -> None:
    whole, wanted = (run.root / name).read_bytes(), run.manifest()
    (run.root / name).unlink()
    if text is not None:
        (run.root / name).write_text(text)
    assert RunDir.exists(run.root) and RunDir.open(run.root).manifest() == wanted
    found = [problem.path for problem in wrong(run)]
    assert found == [name]
    with run.locked():
        assert (run.root / name).read_bytes() == whole
    assert wrong(run) == []


def test_every_single_bit_of_run_json_is_found(run: RunDir) -> None:
    path, wanted = run.root / "run.json", run.manifest()
    data = path.read_bytes()
    for place in range(len(data)):
        bit = 1 << place % 8
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        assert isinstance(twofold.RUN.found(path), int | ValueError), (place, bit)
    assert run.manifest() == wanted
    (run.root / ".run.json").unlink()  # as of a run that an earlier version began
    path.write_bytes(data)
    with run.locked():
        assert (run.root / ".run.json").read_bytes() == data


def test_a_newer_run_is_left_alone(run: RunDir) -> None:
    data = json.loads((run.root / "run.json").read_text())
    for name in ("run.json", ".run.json"):
        (run.root / name).write_text(json.dumps(data | {"format": 3}))
    with pytest.raises(TilebrushError, match="update tilebrush"):
        RunDir.open(run.root)
