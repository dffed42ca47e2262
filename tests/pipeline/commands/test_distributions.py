"""Losses of distributions in a print: over tiles, by a recipe of one's own, off by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from run_files import Files
from safetensors.numpy import load_file

from pipeline.commands.print import print_run
from pipeline.commands.stage import Asked, rerun
from pipeline.config import load as config
from pipeline.console.console import Console

RECIPE = """
recipe = "tilebrush"

[about]
title = "Distributions beside moments"

[losses]
{name} = 50.0
"""


@pytest.mark.parametrize("name", ["histogram", "sliced"])
def test_a_recipe_of_ones_own_prints_over_tiles(
    name: str, printer: Any, finished: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(RECIPE.format(name=name), encoding="utf-8")
    settings = config.load(None, printer.settings | {"recipe": str(recipe)})
    assert getattr(settings.losses, name) == 50 and settings.losses.sketches == (name,)
    print_run(printer.photo, [printer.style], tmp_path / "run", settings, Console(quiet=True))
    made, plain = Files(tmp_path / "run"), Files(finished)
    for row, at in (("display canvas", {}), ("level canvas", {"level": 1})):
        assert made.of(row, **at).read_bytes() != plain.of(row, **at).read_bytes()
    assert len(list((tmp_path / "run" / "restyle-1").rglob("tile-*.npy"))) > 1
    for row, at in (("style moments", {"level": 1}), ("moments", {"level": 1, "sweep": 1})):
        table = load_file(made.of(row, **at))
        sketch = table[f"relu1_1.sketch.{name}"]
        assert sketch.shape[1] == 1024 and sketch.sum(axis=1) == pytest.approx(1, abs=1e-4)
        assert not any("sketch" in key for key in load_file(plain.of(row, **at)))


def test_a_stage_of_a_print_without_them_measures_anew(finished: Path, tmp_path: Path) -> None:
    into = tmp_path / "tile"
    tile = Asked("restyle", 1, (0, 0))
    rerun(finished, tile, {"losses.sliced": "50"}, into, Console(quiet=True))
    assert any("sketch" in key for key in load_file(into / "style.safetensors"))
