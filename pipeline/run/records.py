"""What a run keeps about itself: inputs, settings, and a record of every finished output."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pipeline import __version__
from pipeline.run.atomic import sha256_file
from stages.errors import InputImageError

FORMAT = 1
_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "dict[str, Any]": dict,
    "dict[str, str]": dict,
    "tuple[Input, ...]": tuple,
}


def key_of(*parts: object) -> str:
    """SHA-256 in hex of the parts' canonical JSON: equal parts, equal key, on every machine."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be part of a key")


def now() -> str:
    """The local time with its offset, to the second, as ISO 8601."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


@dataclass(frozen=True)
class Input:
    """An input image's fingerprint; `role` is ``photo`` or ``style``, `size` is in bytes."""

    role: str
    path: str
    name: str
    sha256: str
    size: int

    @classmethod
    def of(cls, role: str, path: Path) -> Input:
        """The fingerprint of a file.

        Raises:
            InputImageError: The file cannot be read.
        """
        try:
            full = path.expanduser().resolve()
            return cls(role, str(full), path.name, sha256_file(full), full.stat().st_size)
        except OSError as error:
            raise InputImageError(
                f"cannot read {role} {path}: {error.strerror}; name an image file"
            ) from None


@dataclass(frozen=True)
class Manifest:
    """What run.json says: resolved settings, the inputs and what they were made with.

    `budget` is what `pipeline.engine.budget` began with; empty in runs without one.
    """

    settings: dict[str, Any]
    inputs: tuple[Input, ...]
    tools: dict[str, str] = field(default_factory=dict)
    budget: dict[str, Any] = field(default_factory=dict)
    created: str = field(default_factory=lambda: now())
    tilebrush: str = __version__
    format: int = FORMAT

    def of_role(self, role: str) -> list[Input]:
        """The inputs of a role, "photo" or "style", in their order."""
        return [item for item in self.inputs if item.role == role]


@dataclass(frozen=True)
class Record:
    """What is known of a finished output; `extra` is whatever its stage wants to keep."""

    key: str
    sha256: str
    bytes: int
    seconds: float
    made: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """A recorded output that is not what its record says."""

    path: str
    found: str
    needed: str


_Made = TypeVar("_Made", Input, Manifest, Record)


def sealed(made: Manifest | Record) -> str:
    """The text of run.json or of a record: JSON with a checksum of all the rest in it."""
    return _sealed(asdict(made))


def _sealed(data: dict[str, Any]) -> str:
    check = hashlib.sha256(json.dumps(data, indent=1).encode("utf-8")).hexdigest()
    return json.dumps({**data, "check": check}, indent=1) + "\n"


def unsealed(text: bytes) -> dict[str, Any]:
    """What `sealed` wrote, every byte of it; texts from before there were checksums pass.

    Raises:
        ValueError: It is something else, or damaged.
    """
    try:
        data = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("no JSON object")
    if data.pop("check", None) is not None and _sealed(data).encode("utf-8") != text:
        raise ValueError("its checksum is wrong")
    return data


def read_record(text: bytes) -> Record:
    """A record from its text.

    Raises:
        ValueError: It is damaged.
    """
    try:
        found = _typed(Record(**unsealed(text)))
    except TypeError as error:  # fields that are missing or unknown
        raise ValueError(str(error)) from None
    if not 0 <= found.seconds <= 1e12:  # NaN too
        raise ValueError(f"seconds is {found.seconds}")
    return found


def read_manifest(text: bytes) -> Manifest | int:
    """What run.json says from its text, or its format if only a newer version can read it.

    Raises:
        ValueError: It is damaged.
    """
    try:
        version = json.loads(text.decode("utf-8"))["format"]
        if isinstance(version, int) and version > FORMAT:
            return version
        data = unsealed(text)
        inputs = tuple(_typed(Input(**item)) for item in data.pop("inputs"))
        found = _typed(Manifest(inputs=inputs, **data))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (TypeError, KeyError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    if found.format != FORMAT:
        raise ValueError(f"format is {found.format}")
    return found


def _typed(made: _Made) -> _Made:
    """`made` itself, if its fields hold what they are declared as."""
    for item in fields(made):
        value = getattr(made, item.name)
        if not isinstance(value, _KINDS[str(item.type)]) or isinstance(value, bool):
            raise ValueError(f"{item.name} is {value!r:.60}")
    return made
