"""Write docs/settings.md and pipeline.toml from the settings in the code.

python docs/generate.py
"""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.config import load as config

ROOT = Path(__file__).resolve().parent.parent
_HEAD = """# Settings

This page is made by `python docs/generate.py`; `tests/test_docs.py` holds it equal to the code.

A setting is named by its table and its key: `tiles.core` is `core` under `[tiles]` in
[pipeline.toml](../pipeline.toml). Settings come from, the last one winning:

1. the defaults below;
2. the file named with `--config`, else `pipeline.toml` in the current folder, if there is one;
3. `--set KEY=VALUE`, as often as needed, and the options that stand for a setting, such as
   `--size`. If both name the same setting, `--set` wins.

Lists are written `[2, 2]` in the file and `2,2` with `--set`. An unknown key or a bad value is
refused with exit code 2. A run keeps its settings in `run.json`; `tilebrush resume` uses those
and reads no file.
"""


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def settings_page() -> str:
    """The text of docs/settings.md."""
    lines = [_HEAD, "| key | default | what it is |", "| --- | --- | --- |"]
    for key, default, description in config.describe():
        about = description.replace("|", "\\|")
        lines.append(f"| `{key}` | {_shown(default)} | {about} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    (ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
    (ROOT / "pipeline.toml").write_text(config.to_toml(config.Settings()), encoding="utf-8")


if __name__ == "__main__":
    main()
