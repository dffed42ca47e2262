"""The loss of a published method: what it is on a whole image, and on tiles of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.computing import Precision
from stages.nst import studio as studios
from stages.nst.encoders import load
from stages.nst.moments import combined
from stages.nst.optimize import Optimizer
from stages.nst.published.form import Form
from stages.nst.published.layering import Layering
from stages.nst.published.method import Method
from stages.nst.published.use import Use
from stages.nst.studio import Studio
from stages.nst.windows.task import Task, Weights
from stages.tiles import Rect, Size, grid

Pixels = NDArray[np.float32]
SIZE = Size(160, 128)
FORM = Form(pooling="max", padding="zero", gains=(2.0,))
STYLES = ["gram", "gram-1", "gram+spread", "wasserstein"]
SPREAD = ["histogram", "sliced"]


@pytest.fixture(scope="module")
def plain(tiny_encoder: Path) -> Studio:
    layers = Layering(("relu1_1", "relu3_1"), "given", (1.0, 0.5), content=("relu2_2",))
    encoder = load(str(tiny_encoder), note=print, use=Use(layers, form=FORM))
    return Studio(encoder, form=FORM)


@pytest.fixture(scope="module")
def looking(plain: Studio) -> Studio:
    """The same, which takes distributions beside moments."""
    return Studio(plain.encoder, form=FORM, sketches=tuple(SPREAD))


class Shown:
    """Takes the place of `minimise`: notes loss and gradient at the start, changes nothing."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.gradients: list[Tensor] = []

    def __call__(self, start: Tensor, loss_of, *_: object) -> Tensor:
        pixels = start.clone().requires_grad_(True)
        loss = loss_of(pixels)
        self.losses.append(float(loss.detach()))
        self.gradients.append(torch.autograd.grad(loss, pixels)[0][0])
        return start


def task(style, method: Method, core: Rect, write: Rect, **more) -> Task:
    how = Optimizer("sgd", brush="pixels")
    weights = Weights(1.0, 0.3, 0.01)
    return Task(core, write, style, None, 1.0, weights, 1, how, method=method, **more)


def at_start(studio: Studio, window: Pixels, photo: Pixels, what: Task, monkeypatch) -> Shown:
    shown = Shown()
    monkeypatch.setattr(studios, "minimise", shown)
    studio.restyle(window, photo, what)
    return shown


@pytest.mark.parametrize("style", [*STYLES, *SPREAD])
def test_the_gradients_of_tiles_are_those_of_the_whole(
    plain: Studio, looking: Studio, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every tile starts in the direction in which the whole canvas' loss goes down."""
    plain = looking if style in SPREAD else plain
    generator = np.random.default_rng(1)
    canvas, photo, painting = (
        generator.random((SIZE.height, SIZE.width, 3), np.float32) for _ in range(3)
    )
    everything = Rect(0, 0, SIZE.width, SIZE.height)
    goal = plain.measure_style(painting, everything)
    method = Method(style, "mean", 1.0, "mean", "none", 0.0, pixels=SIZE.pixels)
    if style in SPREAD:
        method = replace(method, **{"style": "gram", style: 1000.0})
    whole = at_start(plain, canvas, photo, task(goal, method, everything, everything), monkeypatch)
    tiles = grid(SIZE, core=80, overlap=0, halo=32, align=16).tiles
    windows = [
        (tile, studios_clip(canvas, tile.window), studios_clip(photo, tile.window))
        for tile in tiles
    ]
    measured = [plain.measure(window, tile.core.within(tile.window)) for tile, window, _ in windows]
    before = combined(measured)
    assert len(tiles) > 1
    for tile, window, content in windows:
        core = tile.core.within(tile.window)
        what = replace(task(goal, method, core, core), canvas=before)
        found = at_start(plain, window, content, what, monkeypatch).gradients[0]
        wanted = whole.gradients[0][
            :, tile.core.y : tile.core.bottom, tile.core.x : tile.core.right
        ]
        # In the middle of a tile: at its edges the whole sees what its neighbours would do as well.
        inner = (slice(None), slice(24, -24), slice(24, -24))
        assert torch.allclose(
            found[inner], wanted[inner], rtol=2e-3, atol=1e-3 * float(wanted.std())
        )


def studios_clip(pixels: Pixels, window: Rect) -> Pixels:
    return np.ascontiguousarray(pixels[window.y : window.bottom, window.x : window.right])


def test_moments_of_tiles_are_those_of_the_whole(looking: Studio) -> None:
    plain = looking
    canvas = np.random.default_rng(2).random((SIZE.height, SIZE.width, 3), np.float32)
    tiles = grid(SIZE, core=80, overlap=0, halo=32, align=16).tiles
    parts = combined(
        [plain.measure(studios_clip(canvas, t.window), t.core.within(t.window)) for t in tiles]
    )
    whole = plain.measure(canvas, Rect(0, 0, SIZE.width, SIZE.height))
    for name, one in whole.layers.items():
        assert parts.layers[name].count == one.count
        assert torch.allclose(parts.layers[name].gram, one.gram, rtol=1e-4, atol=1e-6)
        for kind, sketch in one.sketches.items():
            moved = (parts.layers[name].sketches[kind] - sketch).abs().sum(dim=1)
            assert float(moved.max()) < 1e-3  # of all positions: rounding across a bin's edge
        assert set(one.sketches) == set(SPREAD)


@pytest.mark.parametrize("variation", ["chollet", "half-square", "nine", "second", "none"])
@pytest.mark.parametrize("content", ["half", "sum", "mean", "quarter", "root", "image", "relative"])
def test_every_pair_of_terms_works_together(
    plain: Studio, content: str, variation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(3)
    canvas, photo = (generator.random((48, 64, 3), np.float32) for _ in range(2))
    everything = Rect(0, 0, 64, 48)
    goal = plain.measure_style(photo, everything)
    method = Method("relative", "paper", 0.0, content, variation, 10.0, pixels=64 * 48)
    shown = at_start(plain, canvas, photo, task(goal, method, everything, everything), monkeypatch)
    assert np.isfinite(shown.losses[0]) and shown.gradients[0].abs().sum() > 0


def test_a_network_in_bfloat16_is_measured_first_and_then_worked_with(tiny_encoder: Path) -> None:
    """Weights that were converted to measure a painting take part in gradients."""
    encoder = load(str(tiny_encoder), note=print, use=Use(form=FORM))
    studio = Studio(encoder, Precision.BFLOAT16, form=FORM, sketches=tuple(SPREAD))
    canvas = np.random.default_rng(8).random((48, 64, 3), np.float32)
    everything = Rect(0, 0, 64, 48)
    goal = studio.measure_style(1 - canvas, everything)
    method = Method("gram", "mean", histogram=1.0, sliced=1.0, pixels=64 * 48)
    what = replace(task(goal, method, everything, everything), iterations=2)
    assert np.isfinite(studio.restyle(canvas, canvas, what).losses).all()


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "lbfgs-plain", "lbfgs-search"])
@pytest.mark.parametrize("keep", ["last", "best", "average"])
def test_every_optimizer_comes_nearer(plain: Studio, name: str, keep: str) -> None:
    generator = np.random.default_rng(4)
    canvas, photo = (generator.random((48, 64, 3), np.float32) for _ in range(2))
    everything = Rect(0, 0, 64, 48)
    goal = plain.measure_style(photo, everything)
    method = Method("gram", "mean", 1.0, "mean", "none", 0.0, pixels=64 * 48)
    rate = {"sgd": 0.05}.get(name, 0.002)
    how = Optimizer(
        name, rate=rate, schedule="constant", brush="pixels", keep=keep, clip="steps", evaluations=6
    )
    what = replace(task(goal, method, everything, everything), iterations=12, optimizer=how)
    found = plain.restyle(canvas, photo, what)
    assert len(found.losses) == 12 and found.losses[-1] < 0.95 * found.losses[0]
    assert found.pixels.min() >= 0 and found.pixels.max() <= 1


def test_a_loss_that_is_no_number_is_one_line(plain: Studio) -> None:
    from stages.errors import TilebrushError

    canvas = np.random.default_rng(5).random((48, 64, 3), np.float32)
    everything = Rect(0, 0, 64, 48)
    method = Method("gram", "mean", 1.0, "sum", "none", 0.0, pixels=64 * 48)
    how = Optimizer("sgd", rate=1e6, schedule="constant", brush="pixels", keep="last")
    goal = plain.measure_style(1 - canvas, everything)
    what = replace(task(goal, method, everything, everything), iterations=50, optimizer=how)
    with pytest.raises(TilebrushError, match=r"no number after .* lower optimizer\.rate"):
        plain.restyle(canvas, canvas, what)


@pytest.mark.parametrize("style", [*STYLES, "relative", *SPREAD])
def test_zones_have_the_losses_too(
    plain: Studio, looking: Studio, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One zone of everything is the plain loss; half a picture pulls as hard, and only there."""
    plain = looking if style in SPREAD else plain
    generator = np.random.default_rng(6)
    canvas, photo, painting = (
        generator.random((SIZE.height, SIZE.width, 3), np.float32) for _ in range(3)
    )
    everything = Rect(0, 0, SIZE.width, SIZE.height)
    goal = plain.measure_style(painting, everything)
    method = Method(style, "mean", 1.0, "mean", "none", 0.0, pixels=SIZE.pixels)
    if style in SPREAD:
        method = replace(method, **{"style": "gram", style: 1000.0})
    what = replace(task(goal, method, everything, everything), weights=Weights(1.0, 0.0, 0.0))
    whole = at_start(plain, canvas, photo, what, monkeypatch)
    zones = np.ones((SIZE.height, SIZE.width, 1), np.float32)
    own = replace(what, style=goal.named(0), zones=zones)
    same = at_start(plain, canvas, photo, own, monkeypatch)
    assert same.losses == pytest.approx(whole.losses, rel=1e-4)
    torch.testing.assert_close(same.gradients[0], whole.gradients[0], rtol=1e-3, atol=1e-7)
    zones = zones.copy()
    zones[:, 80:] = 0
    half = at_start(plain, canvas, photo, replace(own, zones=zones), monkeypatch).gradients[0]
    assert float(half[:, :, 104:].abs().max()) == 0
    pull = float(half[:, :, :56].norm()) / float(whole.gradients[0][:, :, :56].norm())
    assert 0.7 < pull < 1.5  # not twice as hard, though a zone's moments are means of its own
