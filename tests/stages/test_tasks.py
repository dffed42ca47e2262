"""Tasks: frozen, whole, the same wherever they run; what they share travels once, by its hash."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stages import canvas, measure, paint, tasks
from stages.brushwork import Paint, gathered
from stages.measure import StyleImages
from stages.nst.optimize import Optimizer
from stages.nst.studio import Studio
from stages.nst.windows.task import Weights
from stages.restyle import Look, TileJob, TileTask
from stages.tasks import Damaged, NotHere, Shared
from stages.tiles import Grid, Rect, Size, grid

Pixels = NDArray[np.float32]


class Bench:
    """Tools that count steps."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.steps = studio, 0

    def step(self) -> None:
        self.steps += 1


@pytest.fixture
def source(tmp_path: Path, photo_array: Pixels) -> Path:
    path = tmp_path / "canvas.npy"
    canvas.write(path, photo_array)
    return path


@pytest.fixture
def tiles() -> Grid:
    return grid(Size(160, 120), core=64, overlap=16, halo=16, align=16)


def look_of(studio: Studio, source: Path, tiles: Grid) -> Look:
    moments = measure.of_canvas(studio, source, tiles)
    return Look(moments, moments, 1.0, Weights(), 3, Optimizer())


def test_a_tile_is_the_same_after_a_journey(studio: Studio, source: Path, tiles: Grid) -> None:
    shared = Shared(look_of(studio, source, tiles))
    task = TileTask(TileJob.read(source, source, tiles.tiles[1], "tile"), shared)
    here, bench = task.run(Bench(studio)), Bench(studio)
    sent = pickle.dumps(task)
    assert len(sent) < len(pickle.dumps(shared.value)) + task.job.canvas.nbytes * 2.1
    tasks.keep(shared.parcel)
    there = pickle.loads(sent)
    assert there.name == "tile" and there.look.digest == shared.digest
    found = there.run(bench)
    assert np.array_equal(found.pixels, here.pixels) and found.losses == here.losses
    assert bench.steps == there.steps == 3


def test_what_was_not_sent_is_missed_by_its_hash() -> None:
    there = pickle.loads(pickle.dumps(Shared(("never", "sent"))))
    with pytest.raises(NotHere) as caught:
        _ = there.value
    assert caught.value.digest == there.digest


def test_a_parcel_with_other_bytes_is_refused() -> None:
    parcel = tasks.packed({"keys": np.arange(1000, dtype=np.float32)})
    assert np.array_equal(tasks.unpacked(parcel)["keys"], np.arange(1000))
    broken = parcel.frames[0].copy()
    broken[77] ^= 1
    with pytest.raises(Damaged):
        tasks.keep(replace(parcel, frames=(broken, *parcel.frames[1:])))


def test_only_what_was_used_last_is_kept() -> None:
    first = tasks.keep(tasks.packed(("first",)))
    for number in range(40):
        tasks.keep(tasks.packed((number, "of many")))
        tasks.KEPT.get(first)
    assert len(tasks.KEPT.names()) == 16 and tasks.KEPT.get(first)[0] == ("first",)
    again = tasks.keep(tasks.handed_on(first))
    assert again == first


def test_moments_do_not_depend_on_the_order_of_windows(
    studio: Studio, source: Path, tiles: Grid
) -> None:
    done = [(n, t().run(Bench(studio))) for n, t in enumerate(measure.windows(source, tiles))]
    whole = measure.of_canvas(studio, source, tiles).to_tensors()
    for seed in range(3):
        random.Random(seed).shuffle(done)
        found = measure.together(done).to_tensors()
        assert all(bool((found[name] == whole[name]).all()) for name in whole)


def test_a_painting_does_not_depend_on_the_order_of_its_parts(
    tmp_path: Path, photo_array: Pixels, style_array: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.canvas.places.paint._CORE", 64)
    start, painting = tmp_path / "start.npy", tmp_path / "style.npy"
    canvas.write(start, photo_array)
    canvas.write(painting, style_array)
    how = Paint(copies=4)
    found = gathered(StyleImages((painting,), (1.0,)), Size(160, 120), 2.0, how)
    work = paint.Painting(start, found, paint.surveyed(start, found, how), how)
    tasks.keep(work.ready.parcel)
    assert work.ready.parcel.bytes < 1.2 * found.bytes  # copies of the painting stay at home
    done = []
    for number, ready in enumerate(work.tasks()):
        there = pickle.loads(pickle.dumps(ready()))
        assert there.encoded is False and there.shared() == (there.ready,)
        done.append((number, there.run(Bench(None))))  # type: ignore[arg-type]
    assert len(done) == 6
    work.write(tmp_path / "one.npy", done)
    work.write(tmp_path / "other.npy", reversed(done))
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "other.npy").read_bytes()
    with pytest.raises(ValueError, match="leave"):
        work.write(tmp_path / "less.npy", done[:-1])
    with pytest.raises(ValueError, match="shape"):
        canvas.files.write_parts(
            tmp_path / "odd.npy", Size(8, 8), [(Rect(0, 0, 8, 8), np.zeros((4, 8, 3), np.float32))]
        )
