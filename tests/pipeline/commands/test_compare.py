"""`tilebrush compare` and what works with its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import compare as command
from pipeline.commands import status as statuses
from pipeline.commands import verify as verifying
from pipeline.commands.results import CompareStatus
from pipeline.comparing import matrix
from pipeline.comparing.matrix import Axes
from pipeline.config import load as config
from pipeline.console.console import Console
from pipeline.engine.executors.asked import Cluster
from pipeline.run.comparison import ComparisonDir
from stages.errors import InputImageError, RunDiffers, RunMissing, UsageError, WeightsError

QUIET = Console(quiet=True)
TIMES = ("seconds", "peak_memory_bytes", "energy_kwh", "cost")


@pytest.fixture
def bases(tiny_print: dict[str, object]) -> dict[str, Any]:
    return {"": config.load(Path(os.devnull), tiny_print)}


@pytest.fixture
def axes(photo: Path, style: Path) -> Axes:
    return Axes((photo,), (style,), varied=matrix.varied(["style.scale=0.5,1"]))


@pytest.fixture(scope="module")
def made(
    photo: Path,
    style: Path,
    tiny_print: dict[str, object],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A finished comparison of two pictures; not to be changed."""
    folder = tmp_path_factory.mktemp("compared") / "run"
    axes = Axes((photo,), (style,), varied=matrix.varied(["style.scale=0.5,1"]))
    command.compare(axes, folder, {"": config.load(Path(os.devnull), tiny_print)}, QUIET)
    return folder


def table(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "table.json").read_text())
    return found


def test_everything_is_there_and_told_as_finished(made: Path) -> None:
    names = {"index.html", "sheet.jpg", "losses.svg", "table.md", "table.csv", "table.json"}
    assert names < {path.name for path in made.iterdir()}
    status = statuses.status(made)
    assert isinstance(status, CompareStatus) and status.finished and status.pictures == "2/2"
    found = verifying.verify(made)
    assert not found.problems and found.files == 2 * 2 + 2 + len(names)


def test_pictures_are_those_of_the_display_command(
    made: Path, photo: Path, style: Path, tiny_print: dict[str, object], tmp_path: Path
) -> None:
    from pipeline.commands.display import display

    settings = config.load(Path(os.devnull), tiny_print | {"style.scale": "0.5"})
    display(photo, [style], tmp_path / "one.png", settings, QUIET)
    cell = next(c for c in ComparisonDir.open(made).manifest().cells if "0.5" in c.name)
    assert (made / cell.picture).read_bytes() == (tmp_path / "one.png").read_bytes()


def test_a_cluster_makes_the_same_pictures_and_says_what_each_took(
    made: Path, axes: Axes, bases: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    run, cluster = tmp_path / "run", Cluster("local:2", threads=1)
    result = command.compare(axes, run, bases, QUIET, cluster=cluster)
    assert result.pictures_made == 2 and not verifying.verify(run).problems
    opened = ComparisonDir.open(run)
    for cell in opened.manifest().cells:
        assert (run / cell.picture).read_bytes() == (made / cell.picture).read_bytes()
        record = opened.record(cell.picture)
        assert record is not None and "worker" in record.extra
    for row in table(run)["rows"]:
        assert row["seconds"] > 0 and row["peak_memory_bytes"] > 10**7 and row["energy_kwh"] > 0
    assert not (run / ".workers.json").exists()


def test_each_picture_has_its_own_use_of_the_network(
    photo: Path, style: Path, bases: dict[str, Any], tmp_path: Path
) -> None:
    from pipeline.commands.display import display

    axes = Axes((photo,), (style,), varied=matrix.varied(["network.pooling=max,average"]))
    command.compare(axes, tmp_path / "run", bases, QUIET)
    for cell in ComparisonDir.open(tmp_path / "run").manifest().cells:
        changed: dict[str, object] = {"network.pooling": cell.labels["network.pooling"]}
        out = tmp_path / f"{cell.name}.png"
        display(photo, [style], out, config.override(bases[""], changed), QUIET)
        assert (tmp_path / "run" / cell.picture).read_bytes() == out.read_bytes()


def test_the_table_has_what_every_picture_took_and_looks_like(made: Path) -> None:
    rows = table(made)["rows"]
    assert [row["labels"]["style.scale"] for row in rows] == ["0.5", "1"]
    for row in rows:
        assert row["seconds"] > 0 and row["peak_memory_bytes"] > 10**7 and row["energy_kwh"] > 0
        assert row["iterations"] >= 3 and len(row["losses"]) >= 3
        assert 0 < row["palette"] < 2 and row["style_loss"] > 0 and 1 <= row["rank"] <= 2


def test_the_page_works_offline_and_names_every_picture(made: Path) -> None:
    page = (made / "index.html").read_text()
    assert "http://" not in page and "https://" not in page
    for cell in ComparisonDir.open(made).manifest().cells:
        assert cell.picture.replace("=", "%3D") in page
    for question in ("possible", "How long", "electricity", "looks best"):
        assert question in page
    assert (made / "losses.svg").read_text().count("<svg") == 1


def test_a_finished_comparison_makes_nothing_again(
    made: Path, axes: Axes, bases: dict[str, Any]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*.*") if path.is_file()}
    result = command.compare(axes, made, bases, QUIET)
    assert result.pictures == 2 and result.pictures_made == 0
    after = {path: path.stat().st_mtime_ns for path in before}
    assert {p.name for p in before if before[p] != after[p]} <= {".lock"}


def test_damage_is_found_and_mended(
    axes: Axes, bases: dict[str, Any], made: Path, tmp_path: Path
) -> None:
    import shutil

    run = Path(shutil.copytree(made, tmp_path / "run"))
    cell = ComparisonDir.open(run).manifest().cells[0]
    good = (run / cell.picture).read_bytes()
    (run / cell.picture).write_bytes(good[:-1] + b"x")
    (run / "compare.json").write_text("{")
    assert {p.file for p in verifying.verify(run).problems} == {cell.picture, "compare.json"}
    result = command.resume(run, QUIET, {})
    assert result.pictures_made == 1
    assert (run / cell.picture).read_bytes() == good
    assert not verifying.verify(run).problems


def test_another_matrix_is_refused_and_with_force_keeps_what_is_the_same(
    photo: Path, style: Path, bases: dict[str, Any], made: Path, tmp_path: Path
) -> None:
    import shutil

    run = Path(shutil.copytree(made, tmp_path / "run"))
    more = Axes((photo,), (style,), varied=matrix.varied(["style.scale=1,2"]))
    with pytest.raises(RunDiffers, match=r"style\.scale: 0\.5, 1 -> 1, 2"):
        command.compare(more, run, bases, QUIET)
    result = command.compare(more, run, bases, QUIET, force=True)
    assert result.pictures == 2 and result.pictures_made == 1
    assert not any("0.5" in path.name for path in (run / "cells").iterdir())


def test_a_setting_that_changes_nothing_is_refused(
    photo: Path, style: Path, bases: dict[str, Any], tmp_path: Path
) -> None:
    axes = Axes((photo,), (style,), varied=matrix.varied(["levels.crisp=1,2"]))
    with pytest.raises(UsageError, match="changes nothing at display size"):
        command.compare(axes, tmp_path / "run", bases, QUIET)
    assert not (tmp_path / "run").exists()


def test_a_mask_is_an_input_of_the_pictures_that_use_it(
    photo: Path, style: Path, tiny_print: dict[str, object], tmp_path: Path
) -> None:
    kept = tiny_print | {"colour.keep": "luma", "colour.mask": str(photo)}
    axes = Axes((photo,), (style,), varied=matrix.varied(["colour.keep=none,luma"]))
    bases = {"": config.load(Path(os.devnull), kept)}
    command.compare(axes, tmp_path / "run", bases, QUIET)
    comparison = ComparisonDir.open(tmp_path / "run").manifest()
    assert [item.role for item in comparison.inputs] == ["photo", "style", "colour mask"]
    pictures = [(tmp_path / "run" / cell.picture).read_bytes() for cell in comparison.cells]
    assert pictures[0] != pictures[1]
    assert command.compare(axes, tmp_path / "run", bases, QUIET).pictures_made == 0


def test_bad_inputs_leave_nothing_behind(
    photo: Path, style: Path, axes: Axes, bases: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    run = tmp_path / "run"
    with pytest.raises(InputImageError):
        command.compare(Axes((photo,), (tmp_path / "text.jpg",)), run, bases, QUIET)
    with pytest.raises(UsageError, match="same style"):
        command.compare(Axes((photo,), (style, style)), run, bases, QUIET)
    with pytest.raises((WeightsError, UsageError)):
        command.compare(Axes((photo,), (style,), encoders=("vgg91",)), run, bases, QUIET)
    assert not run.exists()


def test_other_commands_say_what_the_folder_is(
    made: Path, finished: Path, axes: Axes, bases: dict[str, Any]
) -> None:
    from pipeline.commands.clean import clean

    with pytest.raises(RunMissing, match="holds a comparison"):
        clean(made)
    with pytest.raises(UsageError, match="holds a print"):
        command.compare(axes, finished, bases, QUIET)


def test_the_plan_tells_and_makes_nothing(
    axes: Axes, bases: dict[str, Any], tmp_path: Path
) -> None:
    found = command.plan(axes, bases, QUIET)
    assert (found.pictures, found.photos, found.styles, found.variants) == (2, 1, 1, 2)
    assert found.total_seconds > 0 and found.peak_memory_bytes > 10**8
    assert not list(tmp_path.iterdir())


def test_an_input_that_changed_since_is_told(
    photo: Path, style: Path, bases: dict[str, Any], tmp_path: Path
) -> None:

    mine = tmp_path / "mine.png"
    mine.write_bytes(style.read_bytes())
    run = tmp_path / "run"
    axes = Axes((photo,), (mine,), varied=matrix.varied(["style.scale=0.5,1"]))

    command.compare(axes, run, bases, QUIET)
    cell = ComparisonDir.open(run).manifest().cells[0]
    (run / cell.picture).unlink()
    mine.write_bytes(photo.read_bytes())
    with pytest.raises(RunDiffers, match="has changed since"):
        command.resume(run, QUIET, {})
