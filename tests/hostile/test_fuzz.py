"""Whatever is in a settings file, in run.json or in a record: an object, or an error of ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.commands.status import status
from pipeline.commands.verify import verify
from pipeline.config import load as config
from pipeline.config.fields import all_fields
from pipeline.engine.state import State
from pipeline.run import records
from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest, Record
from stages.errors import TilebrushError, UsageError

MANY = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
FEW = settings(MANY, max_examples=100)

_leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["240x180", "40x30cm", "2GB", "36h", "gram", "cover", "bundled", 10**400])
)
JSON = st.recursive(
    _leaf,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
KEYS = st.sampled_from(sorted(all_fields()))
BROKEN = ["", "[" * 100_000, '{"a":' * 50_000, "9" * 5000, '{"format": 1e999}', "\ud800"]


def one_line(error: TilebrushError) -> None:
    assert str(error) and "\n" not in str(error) and len(str(error)) < 2000


# ---- settings


@pytest.fixture
def reads(tmp_path: Path) -> Callable[[bytes], None]:
    """Reads a settings file of these bytes; any failure is a usage error."""
    path = tmp_path / "some.toml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        try:
            found = config.load(path)
        except UsageError as error:
            one_line(error)
        else:
            assert config.load(None, {}) is not None and found.print.size

    return read


@MANY
@given(st.binary(max_size=200))
def test_settings_of_any_bytes(reads: Callable[[bytes], None], data: bytes) -> None:
    reads(data)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 50_000,
        "a = " + "{b=" * 20_000,
        ".".join("a" * 2000) + " = 1",
        "[" + ".".join("a" * 2000) + "]",
        "a = 1e999999",
        "a = " + "9" * 10_000,
        "[tiles]\ncore = " + "9" * 10_000,
        "a = 9999-99-99",
        '"" = 1',
        '["tiles"]\n"core" = nan',
        "[[tiles]]\ncore = 1",
        "[style]\nweights = [" + "1," * 50_000 + "]",
        "[encoder]\nname = '~no such user/x.safetensors'",
        "[encoder]\nname = 'a\\u0000.safetensors'",
        '[encoder]\nname = "a\\u0000.safetensors"',
        '[encoder]\nweights = "~\\u0000"',
    ],
)
def test_settings_that_are_made_to_hurt(reads: Callable[[bytes], None], text: str) -> None:
    reads(text.encode())


@pytest.mark.parametrize("key", ["tiles.core", "style.weights", "run.nice", "encoder.name"])
@pytest.mark.parametrize("text", ["[" * 50_000, "9" * 9999, "~no such user/x.safetensors", "\0"])
def test_options_that_are_made_to_hurt(key: str, text: str) -> None:
    with suppress(UsageError):
        config.load(Path("/dev/null"), {key: text})


@MANY
@given(st.dictionaries(KEYS, st.text(max_size=20) | JSON, max_size=4))
def test_settings_from_the_command_line(given_: dict[str, Any]) -> None:
    try:
        config.load(Path("/dev/null"), given_)
    except UsageError as error:
        one_line(error)


@MANY
@given(st.dictionaries(KEYS, JSON, max_size=3), JSON)
def test_settings_of_a_run(changes: dict[str, Any], other: Any) -> None:
    tables = config.to_record(config.Settings())
    for key, value in changes.items():
        section, _, leaf = key.rpartition(".")
        (tables[section] if section else tables)[leaf] = value
    for record in (tables, other):
        try:
            config.from_record(record)
        except TilebrushError as error:
            one_line(error)


# ---- run.json and records


def manifest(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(records.read_manifest(data), Manifest | int)


def record(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(records.read_record(data), Record)


READERS = pytest.mark.parametrize("read", [manifest, record])


@READERS
@MANY
@given(data=st.binary(max_size=200))
def test_any_bytes(read: Callable[[bytes], None], data: bytes) -> None:
    read(data)


@READERS
@MANY
@given(data=JSON)
def test_any_json(read: Callable[[bytes], None], data: Any) -> None:
    read(json.dumps(data).encode())


@READERS
@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:9])
def test_texts_that_are_made_to_hurt(read: Callable[[bytes], None], text: str) -> None:
    read(text.encode("utf-8", "surrogatepass"))


WHOLE = Record("k", "0" * 64, 6, 0.5, "2026-01-01T00:00:00+00:00", {"losses": {"first": 1.5}})


@MANY
@given(st.dictionaries(st.sampled_from([*asdict(WHOLE), "other"]), JSON, max_size=2), st.booleans())
def test_records_that_are_nearly_right(changes: dict[str, Any], resealed: bool) -> None:
    """Even with a checksum that fits, as from a faulty or hostile program."""
    data = {**asdict(WHOLE), **changes}
    text = records._sealed(data) if resealed else json.dumps(data)
    try:
        found = records.read_record(text.encode())
    except ValueError:
        return
    assert isinstance(found.bytes, int) and isinstance(found.key, str) and found.seconds >= 0


@FEW
@given(changes=st.dictionaries(
    st.sampled_from([
        *("asked", "resolved", "inputs", "tools", "created", "tilebrush", "format", "other"),
        *("pace", "divisions"),
    ]),
    JSON, min_size=1, max_size=2,
))  # fmt: skip
def test_runs_that_are_nearly_right(
    finished: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Status, verify and resume of a run whose run.json says anything."""
    run = tmp_path / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir()
    data = json.loads((finished / "run.json").read_text())
    data.pop("check")
    for name in ("run.json", ".run.json"):
        (run / name).write_text(records._sealed({**data, **changes}))
    for look in (status, verify, lambda _: State(RunDir.open(run)).missing()):
        try:
            look(run)
        except TilebrushError as error:
            one_line(error)


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:9])
def test_broken_records_of_a_run(copied: Path, text: str) -> None:
    beside = copied / "display" / "canvas.npy.json"
    beside.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert {row.file for row in verify(copied).problems} == {"display/canvas.npy.json"}
    assert status(copied).levels
