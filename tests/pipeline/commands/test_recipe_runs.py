"""Every recipe from end to end: as published with a network of VGG's shape, and on tiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.commands.display import display
from pipeline.commands.stage import Asked, rerun
from pipeline.config import load as config
from pipeline.config import recipe as recipes
from pipeline.console.console import Console
from stages import canvas
from stages.errors import UsageError, WeightsError
from stages.nst.encoders import ARCHITECTURES

NAMES = recipes.names()


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random weights in VGG's shape, with the names of published files."""
    folder, found = tmp_path_factory.mktemp("vgg"), {}
    for name in ("vgg16", "vgg19"):
        generator, table, channels, place, block = torch.Generator().manual_seed(0), {}, 3, 0, "1"
        for layer in ARCHITECTURES[name].layers():
            if layer.name[4] != block:
                block, place = layer.name[4], place + 1
            shape, spread = (layer.channels, channels, 3, 3), (2 / (9 * channels)) ** 0.5
            table[f"features.{place}.weight"] = spread * torch.randn(shape, generator=generator)
            table[f"features.{place}.bias"] = torch.zeros(layer.channels)
            channels, place = layer.channels, place + 2
        found[name] = folder / f"{name}.pth"
        torch.save(table, found[name])
    return found


def small(name: str, **more: object) -> config.Settings:
    """A recipe at 96 px, a few iterations."""
    given: dict[str, object] = {
        "recipe": name, "display.size": "96x96", "display.iterations": "2",
        "optimizer.evaluations": "2", "display.start": "1", "run.threads": "1",
    }  # fmt: skip
    return config.load(None, given | {key.replace("__", "."): v for key, v in more.items()})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", [n for n in NAMES if recipes.find(n).about.network != "bundled"])
def test_as_published(
    name: str, vgg: dict[str, Path], printer: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    network = recipes.find(name).about.network
    settings = small(name, encoder__name=network, encoder__weights=str(vgg[network]))
    out = Path("out.png")
    display(printer.photo, [printer.style], out, settings, Console())
    assert canvas.inspect(out).size.pixels >= 96 * 72
    told = capfd.readouterr().err
    assert "stands in" not in told and "mapped" not in told


@pytest.mark.parametrize("name", NAMES)
def test_another_network_stands_in_and_is_told_of(
    name: str, tiny_encoder: Path, printer: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = small(name, encoder__name=str(tiny_encoder))
    outs = [Path("a.png"), Path("b.png")]
    for out in outs:
        display(printer.photo, [printer.style], out, settings, Console())
    assert outs[0].read_bytes() == outs[1].read_bytes()
    told = capfd.readouterr().err
    assert ("stands in" in told) is (recipes.find(name).about.network != "bundled")


def test_layers_that_a_network_lacks_are_told_of(
    printer: Any, capfd: pytest.CaptureFixture[str], tiny_encoder: Path
) -> None:
    settings = small("chollet", encoder__name=str(tiny_encoder))
    display(printer.photo, [printer.style], Path("out.png"), settings, Console())
    assert "layers mapped: relu5_2 -> relu5_1" in capfd.readouterr().err


def test_torchvisions_weights_are_not_taken_for_caffes(
    vgg: dict[str, Path], printer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages.nst import weights

    monkeypatch.setattr(weights, "sha256", lambda path: "dcbb9e9d" + 56 * "0")
    settings = small("chollet", encoder__name="vgg19", encoder__weights=str(vgg["vgg19"]))
    with pytest.raises(WeightsError, match="torchvision's weights"):
        display(printer.photo, [printer.style], Path("out.png"), settings, Console(quiet=True))


TILED = {
    "levels.iterations": "2", "tiles.core": "64", "tiles.overlap": "16", "tiles.halo": "16",
    "run.memory": "4GB", "run.disk_wait": "0", "print.size": "240x180",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_print_over_tiles(name: str, tiny_encoder: Path, printer: Any) -> None:
    from pipeline.commands.print import print_run

    settings = small(name, encoder__name=str(tiny_encoder), **TILED)
    arguments = (printer.photo, [printer.style], Path("run"), settings, Console(quiet=True))
    if settings.losses.display_only:
        with pytest.raises(UsageError, match=f"recipe {name} works at display size only, because"):
            print_run(*arguments)
        assert not Path("run").exists()
        return
    result = print_run(*arguments)
    assert result.tiles_computed > 1 and Path(result.tiff).is_file()
    rerun(Path("run"), Asked("restyle", 1, (0, 0)), {}, Path("again"), Console(quiet=True))
    assert Path("again/targets.png").is_file()
