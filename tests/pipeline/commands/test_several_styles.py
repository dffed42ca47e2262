"""Several paintings with weights and a scale each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import style_pixels, write_picture
from run_files import Files

from pipeline.commands.print import print_run
from pipeline.console.console import Console
from pipeline.run.directory import RunDir
from stages.errors import UsageError


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second painting, darker and larger."""
    folder = tmp_path_factory.mktemp("other")
    return write_picture(folder / "other.png", style_pixels(220, 180, seed=4) * 0.5)


def printed(printer: Any, run: Path, styles: list[Path], **changed: object) -> Files:
    # Files say which settings they were made with.
    settings = printer.resolved(print_metadata="none", **changed)
    print_run(printer.photo, styles, run, settings, Console(quiet=True))
    return Files(run)


@pytest.mark.parametrize("matching", ["both", "moments"])
@pytest.mark.parametrize("weights", ["1,0", "0,7"])
def test_a_painting_of_weight_zero_is_as_if_it_were_not_there(
    printer: Any, other: Path, tmp_path: Path, weights: str, matching: str
) -> None:
    both = [printer.style, other]
    two = printed(printer, tmp_path / "2", both, style_weights=weights, style_matching=matching)
    alone = both[0 if weights.startswith("1") else 1]
    one = printed(printer, tmp_path / "1", [alone], style_matching=matching)
    assert two.print_tiff().read_bytes() == one.print_tiff().read_bytes()
    assert two.display_canvas().read_bytes() == one.display_canvas().read_bytes()
    names = [Files(run).of("display canvas") for run in (tmp_path / "1", tmp_path / "2")]
    keys = {RunDir.open(path.parents[1]).record(path).key for path in names}  # type: ignore[union-attr]
    assert len(keys) == 1


def test_weights_and_scales_of_each_change_the_print(
    printer: Any, other: Path, tmp_path: Path
) -> None:
    both = [printer.style, other]
    ways: list[dict[str, object]] = [
        {}, {"style_weights": "3,1"}, {"style_scales": "1,0.5"}, {"style_scales": "0.5,1"},
    ]  # fmt: skip
    found = {
        printed(printer, tmp_path / str(n), both, **way).print_tiff().read_bytes()
        for n, way in enumerate(ways)
    }
    assert len(found) == len(ways)


def test_scales_that_are_all_the_same_are_that_scale(
    printer: Any, other: Path, tmp_path: Path
) -> None:
    both = [printer.style, other]
    each = printed(printer, tmp_path / "each", both, style_scales="0.7,0.7")
    all_ = printed(printer, tmp_path / "all", both, style_scale=0.7)
    assert each.print_tiff().read_bytes() == all_.print_tiff().read_bytes()


def test_as_many_scales_as_paintings(printer: Any, other: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"style\.scales has 3 numbers for 2 style images"):
        printed(printer, tmp_path / "run", [printer.style, other], style_scales="1,2,3")
    assert not (tmp_path / "run").exists()
