"""What a run keeps about itself: inputs, settings, and a record of every finished output."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.atomic import sha256_file
from stages.errors import InputImageError

FORMAT = 1


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

    `budget` is what `pipeline.budget` began with; empty in runs without one.
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
