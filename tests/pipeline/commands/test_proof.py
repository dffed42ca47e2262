"""Crops of a print that is not made: beside the same crops of the finished one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import pyvips

from pipeline.cli.app import main
from pipeline.commands.proof import Asked, proof
from pipeline.commands.results import ProofResult
from pipeline.console.console import Console
from pipeline.engine.executors.asked import Cluster
from stages import canvas

QUIET = Console(quiet=True)


def made(printer, out: Path, *at: str, count: int = 3, **changed: object) -> ProofResult:
    settings = printer.resolved(**changed)
    asked = Asked(count, "64x48", at)
    return proof(printer.photo, [printer.style], asked, out, settings, QUIET)


def pixels(path: Path, folder: Path) -> np.ndarray:
    canvas.prepare_style(path, folder / "read.npy", 10_000_000)
    return canvas.read(folder / "read.npy")


def apart(printer, tmp_path: Path, **changed: object) -> float:
    """The mean difference of a crop from the finished print's, of 255."""
    printer(tmp_path / "run", print_files="png", **changed)
    whole = pixels(tmp_path / "run" / "print.png", tmp_path)
    found = made(printer, tmp_path / "proof", "0.5,0.5", **changed)
    (row,) = found.crops
    x, y = (int(number) for number in row.at.split(","))
    own = pixels(Path(row.file), tmp_path)
    assert own.shape == (48, 64, 3)
    return float(np.abs(own - whole[y : y + 48, x : x + 64]).mean() * 255)


def test_a_last_level_that_is_not_restyled_is_painted_as_in_the_print(
    printer, tmp_path: Path
) -> None:
    # The level below is one tile: nothing is left out but the dither of 8 bits.
    assert apart(printer, tmp_path, paint_iterations="2,0", tiles_core="256") < 1


def test_restyled_levels_come_near_to_the_print(printer, tmp_path: Path) -> None:
    assert apart(printer, tmp_path) < 12


@pytest.mark.parametrize(
    "changed",
    [
        {"style_matching": "moments"},
        {"colour_keep": "luma", "colour_when": "after", "paint_iterations": "2,0"},
        {"print_size": "90x60"},
    ],
    ids=["moments", "colours", "no level"],
)
def test_other_ways_come_near_to_the_print(printer, tmp_path: Path, changed) -> None:
    assert apart(printer, tmp_path, **changed) < 12


def test_crops_lie_apart_and_say_why(printer, tmp_path: Path) -> None:
    found = made(printer, tmp_path / "proof")
    assert [row.why for row in found.crops] == ["the middle", "most detail", "least detail"]
    assert len({row.at for row in found.crops}) == 3
    names = sorted(path.name for path in (tmp_path / "proof").iterdir())
    assert names == ["crop-1.png", "crop-2.png", "crop-3.png", "sheet.png"]
    corner = made(printer, tmp_path / "corner", "0,0")
    assert "restyled only under the crops" in corner.statistics_from
    image = pyvips.Image.new_from_file(found.crops[0].file)
    assert (image.width, image.height) == (64, 48)
    assert image.xres * 25.4 == pytest.approx(381, abs=0.5)


def test_json_and_the_folder(printer, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["proof", str(printer.photo), str(printer.style), *printer.options()]
    command += ["--crop-size", "64x64", "--at", "60,60", "--json"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["folder"] == "photo_style-proof" and found["crops"][0]["at"] == "28,28"
    assert main(command) == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "here"], "it must be a point"),
        (["--at", "500,20"], "px up to 240,180"),
        (["--at", "nan,0.5"], "it must be a point"),
        (["--crops", "2", "--at", "0.5,0.5"], "give one of them"),
        (["--crop-size", "big"], "big"),
        (["-o", "missing/folder"], "cannot be made"),
    ],
)
def test_what_cannot_be_is_refused(
    printer, tmp_path: Path, monkeypatch, capsys, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["proof", str(printer.photo), str(printer.style), *printer.options(), *options]
    assert main(given) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert not list(tmp_path.glob("*proof*"))


def test_a_damaged_photo_is_refused(printer, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(printer.photo.read_bytes()[:900])
    assert main(["proof", str(broken), str(printer.style), *printer.options()]) == 15
    assert "broken.png" in capsys.readouterr().err


@pytest.mark.parametrize("iterations", ["2,2", "2,0"], ids=["restyled", "painted alone"])
def test_a_cluster_makes_the_same_crops(printer, tmp_path: Path, iterations: str) -> None:
    pytest.importorskip("distributed")
    changed = {"paint_iterations": iterations}
    made(printer, tmp_path / "here", **changed)
    settings, asked = printer.resolved(**changed), Asked(3, "64x48", ())
    cluster = Cluster("local:2", threads=1)
    proof(printer.photo, [printer.style], asked, tmp_path / "there", settings, QUIET, cluster)
    for number in (1, 2, 3):
        here, there = (tmp_path / name / f"crop-{number}.png" for name in ("here", "there"))
        assert here.read_bytes() == there.read_bytes()
