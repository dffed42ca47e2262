"""The other benchmarks in their smallest form: they run, and they notice what they are for."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path
from types import SimpleNamespace

import filelock
import numpy as np
import pytest
import pyvips

from benchmarks import (
    common,
    growth,
    hashes,
    kills,
    levels,
    memory,
    overhead,
    probe,
    run,
    schedule,
    speed,
    texture,
)
from stages import canvas
from stages.nst.studio import Studio
from stages.tiles import Size

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tiny_kills(
    monkeypatch: pytest.MonkeyPatch, photo: Path, style: Path, tiny_print: dict[str, object]
) -> None:
    """Prints of a second, of the tests' own pictures."""
    tiny = {key: str(value) for key, value in tiny_print.items() if key != "print.size"}
    monkeypatch.setattr(kills, "ITERATIONS", tiny)
    monkeypatch.setattr(kills, "INPUTS", (str(photo), str(style)))


@pytest.mark.slow
def test_killed_prints_end_as_the_calm_one(
    tiny_kills: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kills.main(["--kills", "1", "--size", "320x240", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "kills.json").read_text())["rows"]
    assert [row["kill"] for row in found] == [1]
    assert all(row["outputs_redone"] == 0 for row in found)
    assert "compared byte by byte" in capsys.readouterr().out


def test_a_print_that_differs_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = object.__new__(kills.Bench)
    bench.folder, bench.kills, bench.finished = tmp_path, [], []
    bench.random, bench.calm_seconds = random.Random(0), 1.0
    for folder, text in (("calm", "a"), ("print-1", "b")):
        (tmp_path / folder).mkdir()
        for name in kills.PRINTS:
            (tmp_path / folder / name).write_text(text)
    monkeypatch.setattr(bench, "_survives", lambda run, delay: True)
    bench.one_print(1, 1)
    assert bench.finished == [kills.Finished(1, 0, False, False)]
    assert (tmp_path / "print-1").is_dir()


def test_stage_of_a_print_that_never_began(tmp_path: Path) -> None:
    assert kills.stage_of(tmp_path / "nothing") == ("before run.json", 0.0)


def test_a_failed_command_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"status gave 10: .*nothing"):
        common.result_of("status", str(tmp_path / "nothing"))


def test_settings_for_a_window_give_that_window() -> None:
    from pipeline.planning import levels as plan

    for window in (448, 704, 960):
        found = plan.make(memory.settings_for("bundled", window)).largest_window
        assert found == Size(window, window)


@pytest.mark.slow
def test_memory_of_a_small_window_is_measured_in_a_process_of_its_own() -> None:
    assert memory.measured("vgg16", Size(96, 64), "float32", 2) > 50e6


def test_random_weights_make_features_of_ordinary_size() -> None:
    import torch

    encoder = common.encoder("vgg16")
    with torch.inference_mode():
        features = encoder(torch.rand(1, 3, 32, 32), ["relu4_1"])["relu4_1"]
    assert 0.01 < float(features.std()) < 100


def test_file_stages_are_timed() -> None:
    rows = speed.file_stages(Size(320, 240))
    assert [row.what for row in rows] == ["upsample", "blend", "finish, TIFF", "finish, JPEG"]
    assert all(row.seconds > 0 for row in rows)
    assert rows[0].seconds_per_megapixel == pytest.approx(rows[0].seconds / 0.0768)


def test_paces_are_relative_to_vgg19(monkeypatch: pytest.MonkeyPatch, studio: Studio) -> None:
    took = iter([0.4, 0.1])
    monkeypatch.setattr(speed, "matmul_rate", lambda _: 1e12)
    monkeypatch.setattr(speed, "encoder", lambda name: studio.encoder)
    monkeypatch.setattr(speed.measure, "probe", lambda *_: next(took))
    rows = speed.paces(["bundled"], Size(500, 400), ["float32"], 1)
    assert [row.encoder for row in rows] == ["vgg19", "bundled"]
    assert [row.times_as_fast_as_vgg19 for row in rows] == pytest.approx([1.0, 4.0])
    assert [row.ms_per_megapixel_iteration for row in rows] == pytest.approx([2000.0, 500.0])


def test_growth_is_fitted_as_a_power() -> None:
    rows = [growth.Row(m, "", 3 * m**1.1, 0.0, 0.0) for m in (3.0, 7.0, 28.0)]
    found = growth.fitted("seconds", rows, [row.seconds for row in rows])
    assert found.power == pytest.approx(1.1)
    assert found.largest_over_7_megapixels == pytest.approx(4**1.1)
    assert growth.size_for(27) == "6000x4500"


@pytest.mark.slow
def test_growth_of_small_prints(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo: Path, style: Path
) -> None:
    monkeypatch.setattr(growth, "INPUTS", (str(photo), str(style)))
    monkeypatch.setattr(growth, "matmul_rate", lambda precision: 1e11)
    sizes = ["--megapixels", "0.3,0.5", "--iterations", "2", "--out", str(tmp_path)]
    inputs = ["--photo", "2", "--painting", "1", "--inputs-at", "0.2"]
    assert growth.main([*sizes, *inputs]) == 0
    small, *large = json.loads((tmp_path / "growth-inputs.json").read_text())["rows"]
    assert small["over_small"] == 1 and [row["inputs"] for row in large] == [
        "a photo of 2 megapixels",
        "a painting of 1 megapixels",
    ]
    levels = json.loads((tmp_path / "growth-levels.json").read_text())["rows"]
    assert len(levels) == 1 and levels[0]["megapixel_iterations_per_second"] > 0


def test_parts_of_the_overhead_are_functions_that_exist() -> None:
    named = {pair for functions in overhead.PARTS.values() for pair in functions}
    for file, name in named - {("~", "<built-in method posix.fsync>")}:
        places = [*ROOT.glob(f"stages/**/{file}"), *ROOT.glob(f"pipeline/**/{file}")]
        places += [Path(hashlib.__file__), Path(filelock._api.__file__)]
        assert any(p.name == file and f"def {name}(" in p.read_text() for p in places), (file, name)


@pytest.mark.slow
def test_hashes_are_of_the_bytes_and_of_the_pixels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo: Path, style: Path, tiny_encoder: Path
) -> None:
    monkeypatch.setattr(hashes, "INPUTS", (str(photo), str(style)))
    small = {"encoder.name": str(tiny_encoder), "display.size": "96x72", "display.iterations": "1"}
    real = hashes.settings_arguments
    monkeypatch.setattr(hashes, "settings_arguments", lambda given: real({**given, **small}))
    rows = []
    for name in ("a", "b"):
        assert hashes.main(["--size", "160x120", "--threads", "1", "--out", str(tmp_path)]) == 0
        (tmp_path / "hashes.json").rename(tmp_path / name)
        rows.append(json.loads((tmp_path / name).read_text())["rows"])
    assert rows[0] == rows[1] and [row["file"] for row in rows[0]] == [
        "display.png", "canvas.npy", "print.tif", "print.jpg",
    ]  # fmt: skip
    assert len({row["sha256"] for row in rows[0]}) == 4
    assert len({row["pixels"] for row in rows[0]}) == 4
    bare = shutil.copy(photo, tmp_path / "bare.png")
    pyvips.Image.new_from_file(str(photo)).copy(xres=9).write_to_file(str(bare))
    one, other = hashes.hashed(photo), hashes.hashed(Path(bare))
    assert one.sha256 != other.sha256 and one.pixels == other.pixels


def test_ways_to_spend_time_take_as_many_pixels() -> None:
    found = schedule.ways(Size(533, 400))
    works = [sum(s.size.pixels * s.iterations for s in way.path) for way in found]
    assert max(works) < 1.1 * min(works)
    assert all(way.path[-1].size == Size(533, 400) for way in found)


def test_ways_to_restyle_tiles_are_measured_alike(finished: Path, tmp_path: Path) -> None:
    assert levels.main(["--run", str(finished), "--tiles", "2", "--out", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "levels.json").read_text())["rows"]
    by_way = {(row["level"], row["way"]): row for row in rows}
    own, more = by_way[2, "as the run does"], by_way[2, "1.5 times the iterations"]
    assert more["style"] < own["style"] < 1
    assert {row["level"] for row in rows} == {1, 2}
    stops = json.loads((tmp_path / "levels-stops.json").read_text())["rows"]
    assert all(stop["saved"] >= 0 and stop["loss_over_full"] >= 1 for stop in stops)


def test_a_tile_stops_where_its_loss_has_stopped_falling() -> None:
    level = SimpleNamespace(level=1, iterations=30)
    steady = tuple(0.9**i for i in range(30))
    flat = (*steady[:10], *(steady[9] * 0.9999**i for i in range(20)))
    kept, stopped = (list(levels.stops(level, [curve])) for curve in (steady, flat))  # type: ignore[arg-type]
    assert all(stop.saved == 0 and stop.loss_over_full == 1 for stop in kept)
    assert all(0.3 < stop.saved < 0.6 and 1 < stop.loss_over_full < 1.01 for stop in stopped)


def test_without_deep_layers_the_others_keep_their_weights(studio: Studio) -> None:
    found = levels._shallower(studio, 1)
    deepest = list(studio.style_weights)[-1]
    assert deepest not in found.style_weights
    assert {**found.style_weights, deepest: studio.style_weights[deepest]} == studio.style_weights
    assert sum(found.content_weights.values()) == pytest.approx(1.0)


def test_run_goes_on_after_a_failure_and_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def one(name: str, out: Path | None) -> int:
        ran.append(name)
        return 1 if name == "looks" else 0

    monkeypatch.setattr(run, "run", one)
    assert run.main([]) == 1
    assert ran == list(run.NAMES)
    assert run.main(["--only", "kills"]) == 0


def test_tables_show_rows(capsys: pytest.CaptureFixture[str]) -> None:
    common.print_table("Title", [kills.Finished(1, 6, True, False)])
    said = capsys.readouterr().out
    assert "| print | kills | tiff same | jpeg same |" in said
    assert "| 1 | 6 | True | False |" in said


def test_a_probe_reads_labels_where_features_hold_them() -> None:
    dice = np.random.default_rng(0)
    labels = dice.integers(0, 3, 300)
    noise = dice.standard_normal((300, 5))
    telling = noise + 2 * np.eye(3, 5)[labels]

    def split(features: np.ndarray, part: slice) -> probe.Split:
        return probe.Split(features[part], labels[part])

    known, held = slice(0, 200), slice(200, 300)
    assert probe.accuracy(split(telling, known), split(telling, held)) > 0.75
    assert probe.accuracy(split(noise, known), split(noise, held)) < 0.5


def test_a_texture_comes_out_of_noise(
    style_array: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texture, "SIZE", Size(96, 72))
    studio = Studio(common.encoder("bundled"))
    canvas.write(tmp_path / "style.npy", style_array)
    losses = [texture.texture(studio, tmp_path / "style.npy", count)[1] for count in ([1], [12])]
    assert losses[1] < 0.5 * losses[0]


def test_drawings_are_what_they_are_called() -> None:
    from benchmarks import drawings
    from stages.canvas.looks.colours import spread

    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    photo = np.stack([x / 160, y / 120, (x + y) / 280], -1)
    photo[40:80, 60:100] = 0.1
    made = {name: draw(photo) for name, draw in drawings.DRAWINGS.items()}
    for name, image in made.items():
        assert image.shape == photo.shape and image.dtype == np.float32, name
        assert image.min() >= 0 and image.max() <= 1
    assert spread(made["pencil"]) == spread(made["ink"]) == 0 < spread(made["watercolour"])
    assert min(made["pencil"].mean(), made["ink"].mean()) > 0.85 > made["woodcut"].mean()
