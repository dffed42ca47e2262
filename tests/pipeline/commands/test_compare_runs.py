"""Two runs or reruns side by side: numbers that are known, and a picture of both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.commands.clean import clean
from pipeline.commands.compare_runs import compare_runs
from pipeline.commands.stage import Asked, rerun
from pipeline.console.console import Console
from stages import canvas
from stages.errors import RunMissing, TilebrushError


def again(run: Path, into: Path, **changed: str) -> Path:
    overrides = {key.replace("_", ".", 1): value for key, value in changed.items()}
    rerun(run, Asked("restyle", 2, (0, 0)), overrides, into, Console(quiet=True))
    return into


def test_a_run_is_itself(finished: Path, tmp_path: Path) -> None:
    found = compare_runs(finished, finished, tmp_path / "out.png")
    assert (found.mean_difference, found.psnr, found.mean_delta_e) == (0, None, 0)
    assert found.settings == () and found.headline == "they are the same, pixel for pixel"
    assert [side.what for side in found.sides] == ["print", "print"]
    shown = canvas.inspect(tmp_path / "out.png").size
    assert (shown.width, shown.height) == (3 * 240 + 2 * 16, 180)


def test_two_reruns_with_what_differs(finished: Path, tmp_path: Path) -> None:
    a = again(finished, tmp_path / "a")
    b = again(finished, tmp_path / "b", paint_iterations="6")
    found = compare_runs(a, b, tmp_path / "out.png")
    assert found.mean_difference > 0 and found.psnr is not None and found.psnr > 10
    assert found.settings == ("paint.iterations: [2] -> [6]",)
    one, other = found.sides
    assert one.what == other.what == "restyle@2-tile-0-0"
    assert other.how == "paint.iterations=6"
    assert one.last_loss is not None and other.last_loss is not None
    assert other.last_loss <= one.last_loss


def test_the_numbers_are_those_of_the_pixels(finished: Path, tmp_path: Path) -> None:
    a, b = again(finished, tmp_path / "a"), again(finished, tmp_path / "b")
    pixels = canvas.read(a / "after.npy")
    grey = np.full_like(pixels, 0.5)
    canvas.write(a / "after.npy", grey)
    canvas.write(b / "after.npy", grey + np.float32(10 / 255))
    found = compare_runs(a, b, tmp_path / "out.png")
    assert found.mean_difference == found.most_difference == pytest.approx(10, abs=0.01)
    assert found.psnr == pytest.approx(20 * np.log10(255 / 10), abs=0.01)
    # Greys of L* 53.4 and 57.3: their difference is all there is, weighted by S_L of about 1.01.
    assert found.mean_delta_e == pytest.approx(3.8, abs=0.3)
    assert found.visible_share == 1
    assert found.delta_e_of_95_percent == pytest.approx(found.mean_delta_e, abs=0.05)


def test_of_two_sizes_the_smaller_counts(finished: Path, printer: Any, tmp_path: Path) -> None:
    small = tmp_path / "small"
    printer(small, print_size="120x90")
    found = compare_runs(finished, small, tmp_path / "out.jpg")
    assert found.compared_at == "120x90"
    assert any("print.size" in line for line in found.settings)


def test_of_a_cleaned_run_the_print_is_read(copied: Path, finished: Path, tmp_path: Path) -> None:
    clean(copied)
    found = compare_runs(finished, copied, tmp_path / "out.png")
    assert found.sides[1].picture == "print.tif"
    assert 0 < found.mean_difference < 1  # it is dithered to 8 bits


def test_what_is_no_run_is_told(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(RunMissing, match="neither a run nor"):
        compare_runs(finished, tmp_path, tmp_path / "out.png")
    a = again(finished, tmp_path / "a")
    for path in a.glob("*.npy"):
        path.unlink()
    with pytest.raises(TilebrushError, match="no picture"):
        compare_runs(a, finished, tmp_path / "out.png")


def test_on_the_command_line(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished, "other")
    assert main(["compare-runs", str(finished), "other", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["picture"] == "run_other.png" and Path("run_other.png").is_file()
    assert main(["compare-runs", str(finished), "other"]) == 2  # it is there already
    assert main(["compare-runs", str(finished), "other", "--force"]) == 0
    assert main(["compare-runs", str(finished), "other", "-o", "x.gif"]) == 2
    assert main(["compare-runs", str(finished), "none"]) == 10
