"""One stage again: into a folder of its own, the run left alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from run_files import Files

from pipeline.commands.results import StageResult
from pipeline.commands.stage import Asked, rerun
from pipeline.console.console import Console
from pipeline.engine import table
from pipeline.engine.worker import Worker
from pipeline.run.directory import RunDir
from stages import canvas
from stages.errors import RunMissing, TilebrushError, UsageError
from stages.tiles import Size

LOOK = {"before.npy", "after.npy", "before.png", "after.png", "difference.png"}
OF_A_TILE = LOOK | {"loss.png", "targets.png"}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def again(
    run: Path,
    stage: str,
    level: int | None = None,
    tile: tuple[int, int] | None = None,
    into: Path | None = None,
    **changed: str,
) -> StageResult:
    overrides = {key.replace("_", ".", 1): value for key, value in changed.items()}
    return rerun(run, Asked(stage, level, tile), overrides, into, Console(quiet=True))


def same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def test_a_tile_again_is_the_tile_of_the_run(finished: Path, tmp_path: Path) -> None:
    before, out = contents(finished), tmp_path / "look"
    made = again(finished, "restyle", 2, (0, 1), out)
    assert contents(finished) == before
    assert {path.name for path in out.iterdir()} - {"stage.json"} == OF_A_TILE == set(made.files)
    assert made.stage == "restyle@2-tile-0-1" and made.folder == str(out)
    run = RunDir.open(finished)
    assert same(out / "after.npy", Files(run).tile(2, 2, 0, 1))
    size = canvas.size_of(out / "after.npy")
    for name in ("loss.png", "targets.png"):
        assert canvas.inspect(out / name).size.width > 500
    for name in ("before.png", "after.png", "difference.png"):
        assert canvas.inspect(out / name).size == size
    assert made.last_loss <= made.first_loss
    tile = Worker(run, Console(quiet=True)).brief.plan.levels[1].grids[-1].tiles[1]
    assert np.array_equal(
        canvas.read(out / "before.npy"), canvas.read(Files(run).sweep_canvas(2, 1), tile.write)
    )


def test_a_tile_with_another_setting_is_another(finished: Path, tmp_path: Path) -> None:
    before = contents(finished)
    again(finished, "restyle", 2, (0, 0), tmp_path / "a")
    again(finished, "restyle", 2, (0, 0), tmp_path / "b", paint_iterations="6")
    again(finished, "restyle", 2, (0, 0), tmp_path / "c", style_weight="0")
    after = [(tmp_path / name / "after.npy").read_bytes() for name in "abc"]
    assert len(set(after)) == 3
    assert contents(finished) == before


def test_a_whole_sweep_again(finished: Path, tmp_path: Path) -> None:
    again(finished, "restyle", 1, into=tmp_path)
    run = RunDir.open(finished)
    assert same(tmp_path / "after.npy", Files(run).restyled(1))
    assert same(tmp_path / "before.npy", Files(run).sweep_canvas(1, 1))
    assert {path.name for path in tmp_path.iterdir()} >= LOOK | {"tile-0-0.npy", "loss.png"}


@pytest.mark.parametrize("level", [1, 2])
def test_blend_again(finished: Path, tmp_path: Path, level: int) -> None:
    before = contents(finished)
    made = again(finished, "blend", level, into=tmp_path)
    assert set(made.files) == LOOK
    assert same(tmp_path / "after.npy", Files(RunDir.open(finished)).restyled(level))
    assert contents(finished) == before


def test_the_other_stages_again(finished: Path, tmp_path: Path) -> None:
    before, run = contents(finished), RunDir.open(finished)
    again(finished, "prepare", into=tmp_path / "p")
    assert same(tmp_path / "p" / "photo.npy", Files(run).photo())
    assert same(tmp_path / "p" / "style-1.npy", Files(run).style(1))
    assert canvas.inspect(tmp_path / "p" / "style-1.png").size == Size(200, 150)
    made = again(finished, "display", into=tmp_path / "d")
    assert same(tmp_path / "d" / "after.npy", Files(run).display_canvas())
    assert set(made.files) == LOOK | {"loss.png"} and made.last_loss < made.first_loss
    again(finished, "upsample", 2, into=tmp_path / "u")
    assert same(tmp_path / "u" / "canvas.npy", Files(run).level_canvas(2))
    assert same(tmp_path / "u" / "photo.npy", Files(run).level_photo(2))
    again(finished, "finish", into=tmp_path / "f")
    assert same(tmp_path / "f" / "print.tif", Files(run).print_tiff())
    assert same(tmp_path / "f" / "print.jpg", Files(run).print_jpeg())
    assert contents(finished) == before


def test_painting_again_shows_where_in_the_painting_blocks_came_from(
    finished: Path, tmp_path: Path
) -> None:
    made = again(finished, "paint", 2, into=tmp_path)
    assert set(made.files) == LOOK | {"places.png"}
    assert same(tmp_path / "after.npy", Files(finished).of("painted canvas", level=2))
    shown = canvas.inspect(tmp_path / "places.png").size
    after = canvas.size_of(tmp_path / "after.npy")
    assert shown.height == after.height
    assert shown.width == after.width + 16 + round(after.height * 200 / 150)  # the painting's shape


def test_files_that_are_not_its_own_are_not_overwritten(finished: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    for name in ("after.png", "before.npy", "stage.json"):
        (own / name).write_text("mine")
        with pytest.raises(UsageError, match=f"{name} is there.*--into") as caught:
            again(finished, "restyle", 2, (0, 0), own)
        assert "\n" not in str(caught.value)
        assert contents(own) == {"notes.txt": b"mine", name: b"mine"}
        (own / name).unlink()
    again(finished, "restyle", 2, (0, 0), own)
    first = (own / "after.npy").read_bytes()
    again(finished, "restyle", 2, (0, 1), own)  # over its own files, as often as one likes
    assert (own / "after.npy").read_bytes() != first
    again(finished, "finish", into=own)
    assert (own / "notes.txt").read_text() == "mine"
    (own / "canvas.png").symlink_to(own / "notes.txt")
    with pytest.raises(UsageError, match=r"canvas\.png is there"):
        again(finished, "upsample", 2, into=own)
    assert (own / "notes.txt").read_text() == "mine"


def test_a_folder_says_what_was_made_into_it(finished: Path, tmp_path: Path) -> None:
    made = again(finished, "restyle", 2, (0, 0), tmp_path / "a", style_weight="2")
    said = json.loads((tmp_path / "a" / "stage.json").read_text())
    assert said == {
        "run": str(finished), "stage": "restyle@2-tile-0-0", "set": {"style.weight": "2"},
        "files": sorted(made.files), "seconds": pytest.approx(made.took_seconds, abs=0.5),
        "losses": pytest.approx([made.first_loss, made.last_loss]),
    }  # fmt: skip


def own_stages() -> list[tuple[str, bool]]:
    """The stages of the finished print; its colours are the painting's."""
    return [(name, levelled) for name, levelled in table.stages().items() if name != "colour"]


def test_the_files_that_are_named_are_all_that_are_written(finished: Path, tmp_path: Path) -> None:
    for stage, levelled in own_stages():
        made = again(finished, stage, 2 if levelled else None, into=tmp_path / stage)
        names = {path.name for path in (tmp_path / stage).iterdir()}
        assert names == {*made.files, "stage.json"}
    into = tmp_path / "more"  # what a setting touches on the way is made there too
    made = again(finished, "restyle", 2, (0, 0), into, style_scale="0.5")
    assert {path.name for path in into.iterdir()} == {*made.files, "stage.json"} > LOOK


def test_without_a_folder_it_is_one_beside_the_run(copied: Path) -> None:
    made = again(copied, "restyle", 1, (0, 0))
    assert Path(made.folder) == copied.with_name("run-restyle-1-tile-0-0")
    assert (Path(made.folder) / "after.png").is_file()


@pytest.mark.parametrize(
    ("stage", "level", "tile", "says"),
    [
        ("bogus", None, None, "unknown stage"),
        ("restyle", None, None, "levels 1 to 2"),
        ("restyle", 0, None, "levels 1 to 2"),
        ("restyle", 3, None, "level 3 given"),
        ("blend", 3, None, "level 3 given"),
        ("upsample", 9, None, "level 9 given"),
        ("display", 1, None, "no levels"),
        ("restyle", 2, (99, 0), "no tile 99,0; rows are 0 to"),
        ("restyle", 2, (0, 99), "no tile 0,99"),
        ("upsample", 1, (0, 0), "--tile goes with"),
        ("blend", 1, (0, 0), "--tile goes with"),
    ],
)
def test_what_is_not_there_is_a_usage_error(
    finished: Path,
    tmp_path: Path,
    stage: str,
    level: int | None,
    tile: tuple[int, int] | None,
    says: str,
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        again(finished, stage, level, tile, tmp_path / "out")
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def test_unknown_settings_are_usage_errors(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"tiles\.core"):
        again(finished, "display", into=tmp_path / "out", tiles_cor="64")


def test_a_folder_inside_the_run_or_a_file_is_refused(finished: Path, tmp_path: Path) -> None:
    before = contents(finished)
    (tmp_path / "file").touch()
    for into in (finished, finished / "display", finished / "new", tmp_path / "file"):
        with pytest.raises(UsageError, match="--into"):
            again(finished, "finish", into=into)
    assert contents(finished) == before


@pytest.mark.parametrize(
    ("stage", "level", "gone"),
    [
        ("display", None, "prepare/photo.npy"),
        ("upsample", 1, "display/canvas.npy"),
        ("restyle", 2, "restyle-2/sweep-1/canvas.npy"),
        ("restyle", 2, "restyle-2/sweep-2/moments.safetensors"),
        ("blend", 2, "restyle-2/sweep-2/tile-0-0.npy"),
        ("finish", None, "restyle-2/canvas.npy"),
    ],
)
def test_what_is_not_made_yet_is_said_so(
    copied: Path, tmp_path: Path, stage: str, level: int | None, gone: str
) -> None:
    (copied / gone).unlink()
    with pytest.raises(TilebrushError, match="run tilebrush resume first") as caught:
        again(copied, stage, level, into=tmp_path / "out")
    assert gone in str(caught.value) and caught.value.exit_code == 1


def test_without_a_run_it_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RunMissing):
        again(tmp_path, "display")


def test_every_stage_of_the_command_line_is_known(finished: Path, tmp_path: Path) -> None:
    for stage, levelled in own_stages():
        level = 1 if levelled else None
        assert again(finished, stage, level, into=tmp_path / stage).files
