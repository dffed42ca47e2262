"""What the benchmarks share: the samples, tables for people and JSON for programs."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent.parent / "samples"


def _shown(value: object) -> str:
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
