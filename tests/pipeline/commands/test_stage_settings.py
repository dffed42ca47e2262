"""`stage --set`: every setting changes what is made again, or is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.commands.stage import Asked, rerun
from pipeline.config.fields import all_fields
from pipeline.console.console import Console
from pipeline.engine import table
from stages.errors import UsageError

# Another value for each; those of the tiny print are in tests/conftest.py.
OTHER = {
    "recipe": "gatys-2016",
    "quality": "fine", "print.size": "120x90", "print.paper": "8x6mm", "print.dpi": "300",
    "print.fit": "contain", "print.crop": "top", "print.orientation": "portrait",
    "print.bleed": "1mm", "print.border": "1mm", "print.border_colour": "black",
    "print.bits": "16", "print.jpeg_quality": "80", "print.files": "archive",
    "print.name": "harbour", "print.compression": "none", "print.profile": "p3",
    "print.soft_proof": "cmyk", "print.title": "Harbour", "print.metadata": "none",
    "display.size": "112x84", "display.start": "2", "display.iterations": "5",
    "display.tooth": "0.1", "display.comb": "2", "display.soften": "2",
    "style.weight": "3", "style.content_weight": "5", "style.smooth_weight": "9",
    "style.statistics": "gram+std", "style.scale": "0.5", "style.scales": "0.6",
    "style.weights": "2",
    "style.max_pixels": "65536", "style.palette": "0.5", "style.matching": "moments",
    "paint.copies": "1", "paint.tone": "0", "paint.lines": "0", "paint.join": "3",
    "paint.strokes": "0", "paint.hold": "1",
    "paint.iterations": "4", "levels.max_ratio": "1.3",
    "levels.iterations": "5",
    "levels.sweeps": "1", "levels.content_falloff": "0.9", "levels.crisp": "0",
    "levels.bristles": "0.2", "levels.comb": "0", "levels.soften": "2", "tiles.core": "128",
    "tiles.overlap": "0", "tiles.halo": "32", "optimizer.name": "adam", "optimizer.history": "1",
    "optimizer.step": "0.5", "optimizer.rate": "0.1", "run.seed": "5", "run.precision": "bfloat16",
    "run.nice": "1", "run.memory": "3GB", "run.budget": "2h", "run.until": "2099-01-01 07:30",
    "run.only_between": "00:00-23:59", "run.disk_wait": "1", "energy.watts": "50",
    "energy.price_per_kwh": "1", "energy.currency": "USD", "energy.co2_g_per_kwh": "1",
    "colour.keep": "luma", "colour.when": "before", "colour.mask": "mask.png",
    "style.masks": "mask.png=1", "style.maps": "map.png=1:style-map.png",
}  # fmt: skip
# What recipes choose: tried on a print that chooses otherwise than the defaults already.
CHOSEN = {
    "display.fit": "longer", "display.rounding": "nearest", "display.growth": "1.3",
    "display.resize": "nearest", "display.ends": "cut", "style.fit": "own",
    "start.kind": "noise", "start.ground": "mean", "start.photo": "0.7", "start.noise": "uniform",
    "start.amount": "0.2", "losses.style": "gram-1", "losses.norm": "chollet",
    "losses.spread": "1", "losses.style_layers": "relu1_1,relu2_1",
    "losses.layer_weights": "1,3", "losses.layering": "chained", "losses.layer_ratio": "5",
    "losses.content": "quarter", "losses.content_layers": "relu3_1", "losses.variation": "nine",
    "losses.range_weight": "100000", "losses.query_photo": "0.5", "losses.splitting": "0.2",
    "losses.patches": "1", "losses.patch_layers": "relu2_2", "losses.patch_size": "1",
    "losses.histogram": "100", "losses.sliced": "100",
    "optimizer.schedule": "constant", "optimizer.decay": "0.5",
    "optimizer.decay_steps": "7", "optimizer.beta1": "0.5", "optimizer.beta2": "0.5",
    "optimizer.epsilon": "0.5", "optimizer.epsilon_to": "plain", "optimizer.white": "100",
    "optimizer.brush": "strokes", "optimizer.keep": "best", "optimizer.average": "0.5",
    "optimizer.clip": "steps", "optimizer.evaluations": "2", "network.made_for": "caffe",
    "network.input": "caffe", "network.stand_in": "2", "network.pooling": "l2",
    "network.pooling_gain": "2", "network.odd": "ceil", "network.padding": "replicate",
}  # fmt: skip
WHOLE = {f"losses.{name}" for name in ("query_photo", "splitting", "patch_layers", "patch_size")}
CHOICE: dict[str, object] = {
    "style_matching": "moments", "display_size": "100x74", "display_fit": "height",
    "display_rounding": "down", "start_kind": "mixed", "start_ground": "grey", "start_noise":
    "normal", "start_amount": "0.5", "losses_style": "gram+spread", "losses_norm": "mean",
    "losses_style_layers": "relu1_1,relu3_1", "losses_layering": "geometric", "losses_content":
    "mean", "losses_content_layers": "relu2_2", "losses_variation": "chollet",
    "style_smooth_weight": "0.01", "optimizer_name": "adam", "optimizer_schedule": "exponential",
    "optimizer_rate": "10", "optimizer_white": "255", "optimizer_brush": "pixels", "optimizer_keep":
    "average", "network_pooling": "max", "network_padding": "zero",
}  # fmt: skip
# No effect on what a tiny print on one processor consists of, whichever stage is run again.
WITHOUT = {
    "recipe", "print.fit", "print.orientation", "print.bleed", "print.border_colour",
    "style.weights", "optimizer.rate", "run.nice", "run.memory",
    "run.budget", "run.until", "colour.when", "colour.mask", "style.masks",
    "style.maps", "display.start", "run.only_between",
    "run.disk_wait",
    *(key for key in OTHER if key.startswith("energy.")),
}  # fmt: skip
# Of another kind of run they do: with a larger painting, with more iterations, cropped.
TAKEN = {"style.max_pixels", "optimizer.history", "optimizer.evaluations", "print.crop"}
# None on one of a single scale, whose encoder stands in for no other, or that has levels.
UNCHOSEN = {"display.growth", "network.stand_in", *WHOLE}
# Of levels of other sizes there are no canvases in the run.
NEW_RUN = {"levels.max_ratio"}
# With what is computed here: another number of threads or device gives the same picture, nearly.
ELSEWHERE = {"run.threads", "run.device", "encoder.name", "encoder.weights"}

STAGES = [Asked(name, 2 if levelled else None) for name, levelled in table.stages().items()]
# The photo's colours are not kept.
THERE = [asked for asked in STAGES if asked.stage != "colour"]


def made(run: Path, asked: Asked, into: Path, **changed: str) -> dict[str, bytes]:
    overrides = {key.replace("__", "."): value for key, value in changed.items()}
    rerun(run, asked, overrides, into, Console(quiet=True))
    kinds = (".npy", ".tif", ".jpg", ".png", ".json", ".safetensors")
    return {
        path.name: path.read_bytes()
        for path in into.iterdir()
        if path.suffix in kinds and path.name != "stage.json"
    }


Plain = tuple[Path, dict[str, dict[str, bytes]]]


@pytest.fixture(scope="module")
def plain(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Plain:
    """A print, and what every stage makes with its own settings."""
    folder = tmp_path_factory.mktemp("plain")
    return finished, {asked.name: made(finished, asked, folder / asked.name) for asked in THERE}


@pytest.fixture(scope="module")
def by_moments(printer, tmp_path_factory: pytest.TempPathFactory) -> Plain:
    """The same of a print whose levels are not painted."""
    folder = tmp_path_factory.mktemp("moments")
    printer(folder / "run", style_matching="moments")
    stages = [asked for asked in THERE if asked.stage != "paint"]
    return folder / "run", {
        asked.name: made(folder / "run", asked, folder / asked.name) for asked in stages
    }


def test_no_setting_is_left_out() -> None:
    assert set(OTHER) | set(CHOSEN) | ELSEWHERE == set(all_fields())


@pytest.fixture(scope="module")
def by_choice(printer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plain]:
    """The same of prints that choose much: with Adam, and with a search."""
    found = {}
    for way in ("adam", "lbfgs-search"):
        folder = tmp_path_factory.mktemp(way)
        printer(folder / "run", **(CHOICE | {"optimizer_name": way}))
        stages = [asked for asked in THERE if asked.stage != "paint"]
        found[way] = (
            folder / "run",
            {asked.name: made(folder / "run", asked, folder / asked.name) for asked in stages},
        )
    return found


@pytest.mark.parametrize("key", CHOSEN)
def test_what_recipes_choose_changes_a_stage_or_is_refused(
    by_choice: dict[str, Plain], tmp_path: Path, key: str
) -> None:
    run, before = by_choice["lbfgs-search" if key == "optimizer.evaluations" else "adam"]
    check(run, before, tmp_path, key, CHOSEN[key], UNCHOSEN)


def check(
    run: Path, before: dict[str, bytes], folder: Path, key: str, value: str, without: set[str]
) -> None:
    """A setting changes what some stage makes, or is refused by all."""
    taken = []
    for asked in STAGES:
        name, into = key.replace(".", "__"), folder / asked.name
        try:
            found = made(run, asked, into, **{name: value})
        except UsageError as error:
            told = (key, "new run", "this run has")
            assert "\n" not in str(error) and any(words in str(error) for words in told)
            continue
        same = found == before.get(asked.name)
        assert key in TAKEN or not same, f"{key} was taken by {asked.name} and did nothing"
        taken.append(asked.name)
    assert bool(taken) is (key not in without)


@pytest.mark.parametrize("key", OTHER)
def test_a_setting_changes_a_stage_or_is_refused(
    plain: Plain, by_moments: Plain, tmp_path: Path, key: str
) -> None:
    if key.startswith("levels."):  # most have an effect on what is not painted alone
        run, before = by_moments
        check(run, before, tmp_path / "moments", key, OTHER[key], NEW_RUN)
        return
    run, before = plain
    check(run, before, tmp_path, key, OTHER[key], WITHOUT | NEW_RUN)


def test_another_painting_scale_measures_the_painting_anew(
    by_moments: Plain, tmp_path: Path
) -> None:
    tile, (finished, _) = Asked("restyle", 2, (0, 0)), by_moments
    before = made(finished, tile, tmp_path / "a")
    changed = {"style__scale": "0.5", "levels__comb": "3", "levels__soften": "3"}
    for number, (key, value) in enumerate(changed.items()):
        after = made(finished, tile, tmp_path / str(number), **{key: value})
        assert after["after.npy"] != before["after.npy"]
        assert (tmp_path / str(number) / "style.safetensors").is_file()


def test_a_setting_of_another_stage_is_named_with_it(by_moments: Plain, tmp_path: Path) -> None:
    finished, _ = by_moments
    with pytest.raises(UsageError, match=r"levels\.bristles changes nothing.*upsample@1"):
        made(finished, Asked("restyle", 2), tmp_path, levels__bristles="0.5")
    with pytest.raises(UsageError, match="no effect on any output"):
        made(finished, Asked("display"), tmp_path, energy__watts="50")


def test_another_encoder_measures_everything_anew(
    finished: Path, tmp_path: Path, encoder_file: Callable[..., Path]
) -> None:
    other = encoder_file(tmp_path / "other.safetensors", seed=3)
    tile = Asked("restyle", 2, (0, 0))
    before = made(finished, tile, tmp_path / "a")
    after = made(finished, tile, tmp_path / "b", encoder__name=str(other))
    assert after["after.npy"] != before["after.npy"]
    names = {path.name for path in (tmp_path / "b").iterdir()}
    assert {"style.safetensors", "moments.safetensors", "energy.txt"} <= names
