"""The stages from Python: docs/notebook.ipynb runs, and a workshop makes what the commands make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from run_files import Files

from pipeline.workshop import CANVASES, Workshop
from stages import canvas
from stages.canvas.files import Pixels
from stages.errors import InputImageError, UsageError

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(found)
    folder = tmp_path / "empty"
    folder.mkdir()
    runner = nbclient.NotebookClient(found, timeout=600, resources={"metadata": {"path": folder}})
    runner.execute()
    outputs = [output for cell in found.cells for output in cell.get("outputs", ())]
    pictures = [o for o in outputs if "image/jpeg" in o.get("data", {})]
    assert len(pictures) == 6
    assert not any(output.output_type == "error" for output in outputs)
    assert not list(folder.iterdir())  # no file is needed, and none is left


@pytest.fixture
def work(photo_array: Pixels, style_array: Pixels, tiny_print: dict[str, object]) -> Any:
    with Workshop(photo_array, [style_array], tiny_print, quiet=True) as made:
        yield made


def test_arrays_become_the_same_canvases_as_files(
    photo: Path, style: Path, printer: Any, finished: Path, tiny_print: dict[str, object],
    tmp_path: Path,
) -> None:  # fmt: skip
    def array(path: Path) -> np.ndarray:
        canvas.prepare_style(path, tmp_path / "array.npy", 10**9)
        return (canvas.read(tmp_path / "array.npy") * 255).round().astype(np.uint8)

    with Workshop(array(photo), [array(style)], tiny_print, quiet=True) as work:
        display, last = work.display(), work.print()
        tile = work.canvas("tile", level=1, sweep=2, row=0, col=1)
    files = Files(finished)
    assert np.array_equal(display, canvas.read(files.display_canvas()))
    assert np.array_equal(tile, canvas.read(files.tile(1, 2, 0, 1)))
    assert np.array_equal(last, canvas.read(files.restyled(2)))


def test_nothing_is_made_twice_and_nothing_is_left(work: Workshop) -> None:
    first, folder = work.display(), work.folder
    losses = len(work.losses)
    assert losses >= 3 and np.array_equal(work.display(), first) and len(work.losses) == losses
    assert first.dtype == np.float32 and 0 <= first.min() <= first.max() <= 1
    work.close()
    assert not folder.exists()


def test_every_canvas_of_the_table_has_a_name(work: Workshop) -> None:
    from pipeline.engine import table

    patterns = {output.name for output in table.TABLE if output.pattern.endswith(".npy")}
    shares = {name for name in patterns if "mask" in name or name == "zones"}  # no pictures
    assert patterns - shares == set(CANVASES)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"name": "palette"}, "must be one of"),
        ({"name": "tile", "level": 7, "sweep": 1}, "levels are 1 to 2"),
        ({"name": "enlarged canvas"}, "levels are 1 to 2"),
    ],
)
def test_what_is_not_there_is_told(work: Workshop, place: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        work.canvas(**place)


def test_a_level_that_is_not_there_is_told(work: Workshop) -> None:
    with pytest.raises(UsageError, match="0 to 2"):
        work.level(3)


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((40, 40)), "shape"),
        (np.full((40, 40, 3), 200.0), "0 to 1"),
        (np.full((40, 40, 3), np.nan), "0 to 1"),
        (np.zeros((40, 40, 3), np.int64), "int64"),
        (np.zeros((4, 4, 3)), "16"),
    ],
)
def test_what_is_no_picture_is_refused(
    style_array: Pixels, tiny_print: dict[str, object], array: np.ndarray, told: str
) -> None:
    with pytest.raises(InputImageError, match=told):
        Workshop(array, [style_array], tiny_print, quiet=True)


def test_settings_are_checked_and_budgets_refused(photo_array: Pixels, style_array: Pixels) -> None:
    with pytest.raises(UsageError, match="did you mean"):
        Workshop(photo_array, [style_array], {"style.scal": 2})
    with pytest.raises(UsageError, match="for runs"):
        Workshop(photo_array, [style_array], {"run.budget": "1h"})
    with pytest.raises(UsageError, match="no style image"):
        Workshop(photo_array, [], {}, quiet=True)


def test_a_bar_under_the_cell_is_drawn_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    display = pytest.importorskip("IPython.display")
    from pipeline.console import notebook

    drawn: list[str] = []

    class Handle:
        def update(self, shown: Any) -> None:
            drawn.append(shown.data)

    monkeypatch.setattr(display, "display", lambda shown, display_id: Handle())
    with notebook.progress(10.0, "work") as bar:
        bar.stage("display")
        bar.advance(5.0)
        bar.stage("restyle@1")
    assert 'value="0.0000"' in drawn[0] and 'value="0.5000"' in drawn[1]
    assert "restyle@1" in drawn[1] and drawn[-1] == ""
    assert not notebook.here()  # this is no notebook
