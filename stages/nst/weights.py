"""Reading weights: checksum before parsing, no code ever run from a file."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from stages.errors import TilebrushError, WeightsError


def sha256(path: Path) -> str:
    """SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check(path: Path, expected: str) -> None:
    """Compare a file's SHA-256 (or its first digits) with the expected one.

    Raises:
        WeightsError: when it differs.
    """
    found = sha256(path)
    if not found.startswith(expected):
        raise WeightsError(
            f"{path} has SHA-256 {found[:16]}..., expected {expected[:16]}...: the file is not "
            "the one that was published; delete it and get it again"
        )


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors (as float32) and metadata of a .safetensors or .pth file.

    Raises:
        WeightsError: when the file is missing, damaged, or not a plain table of tensors.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file; give a .safetensors or .pth file")
    try:
        if path.suffix == ".safetensors":
            with safe_open(str(path), framework="pt") as file:
                tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
                return tensors, dict(file.metadata() or {})
        with warnings.catch_warnings():  # torch warns of odd pickles; the user gets one line
            warnings.simplefilter("ignore")
            table = torch.load(path, map_location="cpu", weights_only=True)
    except (TilebrushError, MemoryError):  # a signal is no damage
        raise
    except Exception as e:  # a damaged pickle raises nearly anything
        raise WeightsError(
            f"{path} cannot be read as weights ({type(e).__name__}); "
            "it is damaged or holds more than tensors: get it again"
        ) from e
    if isinstance(table, Mapping) and isinstance(table.get("state_dict"), Mapping):
        table = table["state_dict"]
    if not isinstance(table, Mapping) or not all(isinstance(v, Tensor) for v in table.values()):
        raise WeightsError(f"{path} is no table of tensors; a state dict is needed")
    return {str(name): value.float() for name, value in table.items()}, {}


def metadata_json(metadata: Mapping[str, str], key: str, path: Path) -> object:
    """One JSON value of a safetensors file's metadata.

    Raises:
        WeightsError: when it is missing or no JSON.
    """
    try:
        return json.loads(metadata[key])
    except (KeyError, ValueError) as e:
        raise WeightsError(
            f"{path} has no readable {key!r} in its metadata; "
            "a custom encoder is a file written by this project's training export"
        ) from e
