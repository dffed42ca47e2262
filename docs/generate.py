"""Write what the pages say of the code from the code, so that it cannot go stale.

python docs/generate.py

docs/settings.md and pipeline.toml come from the settings. In docs/architecture.md the parts between
`<!-- begin NAME -->` and `<!-- end NAME -->` are made: the table of outputs, and for each room the
first line of every module in it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args, get_origin

from pipeline.config import fields
from pipeline.config import load as config
from pipeline.engine import table
from pipeline.engine.outputs import Brief
from pipeline.planning import levels
from pipeline.run.records import Input

ROOT = Path(__file__).resolve().parent.parent
_HEAD = """# Settings

This page is made by `python docs/generate.py`; `tests/test_docs.py` holds it equal to the code.

A setting is named by its table and its key: `tiles.core` is `core` under `[tiles]` in
[pipeline.toml](../pipeline.toml). Settings come from, the last one winning:

1. the defaults below;
2. the recipe, if `--recipe` or the file names one; `tilebrush recipes` lists them;
3. the file named with `--config`, else `pipeline.toml` in the current folder, if there is one;
4. `--set KEY=VALUE`, as often as needed, and the options that stand for a setting, such as
   `--size`. If both name the same setting, `--set` wins.

Lists are written `[2, 2]` in the file and `2,2` with `--set`. An unknown key or a bad value is
refused with exit code 2. A run keeps its settings in `run.json`; `tilebrush resume` uses those
and reads no file.
"""


# ---- settings


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


# ---- the table of outputs


def _briefs() -> Iterator[Brief]:
    """Prints of two levels and of none, and one for every value of every setting that has a few."""
    inputs = (Input("photo", "", "", "", 0), Input("style", "", "", "", 0))
    base = {"print.size": "1600x1200", "levels.sweeps": "2", "run.budget": "1h"}
    choices = [
        (key, choice)
        for key, field in fields.all_fields().items()
        if get_origin(field.annotation) is Literal
        for choice in get_args(field.annotation)
    ]
    small = {"print.size": "320x240"}  # no level above display
    for changed in ({}, small, *({key: str(choice)} for key, choice in choices)):
        settings = config.apply_preset(config.override(config.Settings(), {**base, **changed}))
        yield Brief(settings, levels.make(settings), inputs)


def _made_from() -> dict[str, set[str]]:
    """Names of the outputs that each output is made from, somewhere in some print."""
    found: dict[str, set[str]] = {output.name: set() for output in table.TABLE}
    for brief in _briefs():
        for output, places in table.walk(brief):
            for place in (places[0], places[-1]):
                found[output.name] |= {ref.name for ref in output.inputs(brief, place)}
    return found


def _grouped(keys: tuple[str, ...]) -> str:
    """Dotted keys, those of one table together."""
    split = sorted(dict.fromkeys(key.rpartition(".")[::2] for key in keys), key=lambda s: s[0])
    parts = []
    for section, pairs in groupby(split, key=lambda s: s[0]):
        names = ", ".join(name for _, name in pairs)
        parts.append(f"{section}: {names}" if section else names)
    return "; ".join(parts)


def outputs_table() -> str:
    """Every row of `pipeline.engine.table`."""
    order = [output.name for output in table.TABLE]
    made_from = _made_from()
    lines = [
        "| output | stage | file | made from | settings | version |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for output in table.TABLE:
        names = sorted(made_from[output.name], key=order.index)
        cells = (output.name, output.stage, f"`{output.pattern}`", ", ".join(names))
        lines.append(f"| {' | '.join(cells)} | {_grouped(output.settings)} | {output.version} |")
    return "\n".join(lines)


# ---- rooms and their modules


def modules_table(folder: str) -> str:
    """The first line of every module in a folder, not of those in folders within it."""
    lines = ["| module | in one line |", "| --- | --- |"]
    for path in sorted((ROOT / folder).glob("*.py")):
        if path.stem.strip("_") != "init":
            about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            first = " ".join(about.split("\n\n")[0].split()).replace("|", "\\|")
            lines.append(f"| `{path.stem}` | {first.removesuffix('.')} |")
    return "\n".join(lines)


def architecture_page() -> str:
    """The text of docs/architecture.md, its made parts made anew."""

    def part(match: re.Match[str]) -> str:
        name = match[1]
        body = outputs_table() if name == "outputs" else modules_table(name)
        return f"<!-- begin {name} -->\n\n{body}\n\n<!-- end {name} -->"

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return re.sub(r"<!-- begin (\S+) -->.*?<!-- end \1 -->", part, text, flags=re.DOTALL)


def main() -> None:
    """Write all of them."""
    (ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
    (ROOT / "pipeline.toml").write_text(config.to_toml(config.Settings()), encoding="utf-8")
    (ROOT / "docs" / "architecture.md").write_text(architecture_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
