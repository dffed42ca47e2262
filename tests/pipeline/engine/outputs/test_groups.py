"""The table's groups of settings are those of the schema."""

from __future__ import annotations

import subprocess
import sys

from pipeline.config.fields import all_fields
from pipeline.engine.outputs import groups


def of(section: str) -> set[str]:
    return {key for key in all_fields() if key.startswith(f"{section}.")}


def test_groups_are_whole() -> None:
    assert set(groups.NETWORK) == of("network")
    assert set(groups.START) == of("start")
    assert set(groups.OPTIMIZER) == of("optimizer")
    assert {key for key in (*groups.LOSS, *groups.LAYERS) if key[0] == "l"} == of("losses")


def test_every_name_is_a_setting() -> None:
    named = {key for group in vars(groups).values() if isinstance(group, tuple) for key in group}
    assert named | groups.CHOSEN <= set(all_fields())


def test_the_table_does_without_the_schema() -> None:
    code = "import sys, pipeline.engine.table; print('pipeline.config.schema' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
