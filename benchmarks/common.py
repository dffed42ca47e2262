"""What the benchmarks share: the samples, tables for people and JSON for programs."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stages.nst.network import Encoder

SAMPLES = Path(__file__).parent.parent / "samples"
INPUTS = (str(SAMPLES / "photo.jpg"), str(SAMPLES / "style.jpg"))


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_table(title: str, rows: Sequence[Any]) -> None:
    """Rows of one dataclass as a Markdown table."""
    names = [field.name for field in fields(rows[0])]
    print(f"\n{title}\n")
    print("| " + " | ".join(name.replace("_", " ") for name in names) + " |")
    print("| " + " | ".join("---" for _ in names) + " |")
    for row in rows:
        print("| " + " | ".join(_shown(getattr(row, name)) for name in names) + " |")


def save_json(folder: Path | None, name: str, rows: Sequence[Any]) -> None:
    """Keep a result as JSON, with the machine it was found on."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "rows": [asdict(row) for row in rows],
    }
    (folder / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")


def command(*arguments: str) -> list[str]:
    """A `tilebrush` command line that runs this very checkout."""
    return [sys.executable, "-m", "pipeline", *arguments]


def result_of(*arguments: str) -> dict[str, Any]:
    """Run a `tilebrush` command in a process of its own and read its `--json`.

    Raises:
        RuntimeError: it failed; with its exit code and what it said.
    """
    done = subprocess.run(
        command(*arguments, "--json"), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"tilebrush {arguments[0]} gave {done.returncode}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def settings_arguments(changes: dict[str, str]) -> list[str]:
    """Settings as `--set KEY=VALUE`."""
    return [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]


def encoder(name: str) -> Encoder:
    """The bundled encoder, or another one's shape with random weights: nothing is fetched.

    He's initialisation keeps the features' size from layer to layer, so no number gets denormal.
    """
    import torch

    from stages.nst import encoders
    from stages.nst.network import Encoder

    if name == "bundled":
        return encoders.load(name, note=print)
    design = encoders.architecture(name)
    generator, table, channels = torch.Generator().manual_seed(0), {}, 3
    for layer in design.layers():
        shape = (layer.channels, channels, 3, 3)
        scale = (2 / (9 * channels)) ** 0.5
        table[f"{layer.name}.weight"] = torch.randn(shape, generator=generator) * scale
        table[f"{layer.name}.bias"] = torch.zeros(layer.channels)
        channels = layer.channels
    return Encoder(design, table)
