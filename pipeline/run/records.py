"""What a run keeps about itself: inputs, settings, and a record of every finished output."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, field, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from pipeline import __version__
from pipeline.run.atomic import sha256_file
from stages.errors import InputImageError

FORMAT = 2

# Frozen, no other fields than these, and no text taken for a number.
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


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


@dataclass(frozen=True, config=_STRICT)
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


@dataclass(frozen=True, config=_STRICT)
class Manifest:
    """What run.json says: the inputs, the settings, and what they were made with.

    `asked` are the settings as the user gave them, which a later call is compared with; `resolved`
    is what this computer made of them when the run began, and what the run goes on with. `pace` is
    what a budget's first trial found, in seconds per megapixel-iteration, 0 without one.
    `divisions` name tiles, as numbers of level, sweep, row and column, from which on windows are
    worked on in so many parts, because there was no memory for one. Of a run that was `cleaned`
    only the print is kept.
    """

    asked: dict[str, Any]
    resolved: dict[str, Any]
    inputs: tuple[Input, ...]
    tools: dict[str, str] = field(default_factory=dict)
    pace: float = 0.0
    divisions: tuple[tuple[int, int, int, int, int], ...] = ()
    cleaned: bool = False
    created: str = field(default_factory=lambda: now())
    tilebrush: str = __version__
    format: int = FORMAT

    def of_role(self, role: str) -> list[Input]:
        """The inputs of a role, "photo" or "style", in their order."""
        return [item for item in self.inputs if item.role == role]


@dataclass(frozen=True, config=_STRICT)
class Record:
    """What is known of a finished output; `extra` is whatever its stage wants to keep."""

    key: str
    sha256: str
    bytes: int
    seconds: Annotated[float, Field(ge=0, le=1e12)]
    made: str
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class Problem:
    """A recorded output that is not what its record says."""

    path: str
    found: str
    needed: str


class Sealed(Protocol):
    """A dataclass of plain values."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def sealed(made: Sealed) -> str:
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
    return _RECORDS.validate_json(json.dumps(unsealed(text)))


class OtherFormat(ValueError):
    """run.json is whole, but of another version of Tilebrush; `format` and `made_by` say which."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.format, self.made_by = int(data["format"]), str(data.get("tilebrush", ""))
        super().__init__(f"format is {self.format}")


def read_manifest(text: bytes) -> Manifest:
    """What run.json says from its text.

    Raises:
        OtherFormat: It was written by another version.
        ValueError: It is damaged.
    """
    try:
        data = unsealed(text)
    except ValueError:
        newer = _format_of(text)
        if newer is not None and newer["format"] > FORMAT:  # which may seal in another way
            raise OtherFormat(newer) from None
        raise
    if isinstance(data.get("format"), int) and data["format"] != FORMAT:
        raise OtherFormat(data)
    return _MANIFESTS.validate_json(json.dumps(data))


def _format_of(text: bytes) -> dict[str, Any] | None:
    """The JSON of run.json as it is, if it names a format."""
    try:
        data = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    named = isinstance(data, dict) and isinstance(data.get("format"), int)
    return data if named else None


_RECORDS, _MANIFESTS = TypeAdapter(Record), TypeAdapter(Manifest)
