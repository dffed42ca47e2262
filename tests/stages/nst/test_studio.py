"""One window restyled: what its gradient is, what may change, and what the encoder is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stages.computing import Precision
from stages.nst import losses
from stages.nst import studio as stylize
from stages.nst.features import Reading
from stages.nst.moments import Moments, combined, of_features
from stages.nst.optimize import Optimizer, Progress
from stages.nst.studio import Studio, to_pixels, to_tensor
from stages.nst.windows.task import Task, Weights
from stages.tiles import Grid, Rect, Size, Tile, grid

Pixels = NDArray[np.float32]
BRUSH = 8  # px: strokes near a core's edge move pixels across it
STYLE_ONLY = Weights(style=1.0, content=0.0, smooth=0.0)


def everything(pixels: Pixels) -> Rect:
    return Rect(0, 0, pixels.shape[1], pixels.shape[0])


def features(studio: Studio, pixels: Pixels) -> dict[str, Tensor]:
    """All used features of a framed window."""
    names = {*studio.style_weights, *studio.content_weights}
    found: dict[str, Tensor] = studio.encoder(studio._framed(to_tensor(pixels)), names)
    return found


def tiled(image: Pixels, width: int, height: int) -> Pixels:
    """A picture of any size, the image repeated and mirrored, within 0.05 to 0.95."""
    rows, columns = (
        -(-want // have) for want, have in zip((height, width), image.shape, strict=False)
    )
    big = np.pad(
        image,
        ((0, (rows - 1) * len(image)), (0, (columns - 1) * image.shape[1]), (0, 0)),
        "symmetric",
    )
    shade = np.linspace(0.5, 1, width, dtype=np.float32)[:, None]
    return np.ascontiguousarray(0.05 + 0.9 * big[:height, :width] * shade)


def task(
    studio: Studio, pixels: Pixels, style: Pixels, weights: Weights, iterations: int = 3
) -> Task:
    """The whole of an image as one window."""
    region = everything(pixels)
    return Task(
        region, region, studio.measure(style, everything(style)), None, 1.0, weights, iterations
    )


class Shown:
    """Takes the place of `minimise`: notes the gradient at the start and changes nothing."""

    def __init__(self) -> None:
        self.gradients: list[Tensor] = []

    def __call__(self, start: Tensor, loss_of: Callable[[Tensor], Tensor], *_: object) -> Tensor:
        pixels = start.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(loss_of(pixels), pixels)
        self.gradients.append(gradient[0])
        return start


def cut(studio: Studio, size: Size) -> Grid:
    halo = -(-studio.design.halo() // 16) * 16
    return grid(size, core=128, overlap=16, halo=halo, align=16)


def tile_task(tile: Tile, whole: Task, canvas: Moments | None) -> Task:
    core, write = tile.core.within(tile.window), tile.write.within(tile.window)
    return replace(whole, core=core, write=write, canvas=canvas)


def interior(tile: Tile, reach: int, size: Size) -> Rect:
    """The pixels of a core that no other core's features see."""
    core = tile.core
    left = core.x + (reach if core.x else 0)
    right = core.right - (reach if core.right < size.width else 0)
    top = core.y + (reach if core.y else 0)
    bottom = core.bottom - (reach if core.bottom < size.height else 0)
    return Rect(left, top, right - left, bottom - top)


def part(gradient: Tensor, region: Rect, write: Rect) -> Tensor:
    """A region of the canvas out of the gradient of a write rectangle and its bleed of 16 px."""
    x = region.x - write.x + (0 if write.x else 16)
    y = region.y - write.y + (0 if write.y else 16)
    return gradient[:, y : y + region.height, x : x + region.width]


Gradients = list[tuple[Tensor, Tensor, Tensor]]


@pytest.fixture
def gradients(
    studio: Studio, photo_array: Pixels, style_array: Pixels, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Weights], Gradients]:
    """Per tile, inside its core: the gradient of the whole canvas' loss, and a_t times the tile's
    with its residual target and with the painting itself as its target."""
    canvas, size, shown = tiled(photo_array, 640, 128), Size(640, 128), Shown()
    monkeypatch.setattr(stylize, "minimise", shown)

    def compare(weights: Weights) -> Gradients:
        whole = task(studio, canvas, style_array, weights)
        studio.restyle(canvas, canvas, whole)
        wanted, found = shown.gradients[-1], []
        moments = studio.measure(canvas, everything(canvas))
        all_positions = moments.layers["relu1_1"].count  # bleed included, so it counts in a_t
        for tile in cut(studio, size).tiles:
            w, inside = tile.window, interior(tile, studio.design.halo() + BRUSH, size)
            assert inside.width >= 16
            window = canvas[w.y : w.bottom, w.x : w.right]
            core = tile.core.within(w)
            share = studio.measure(window, core).layers["relu1_1"].count / all_positions
            for target in (moments, None):
                studio.restyle(window, window, tile_task(tile, whole, target))
            pair = (share * part(g, inside, tile.write) for g in shown.gradients[-2:])
            found.append((part(wanted, inside, everything(canvas)), *pair))
        assert len(found) >= 3
        return found

    return compare


def test_a_tiles_gradient_is_the_global_one(gradients: Callable[[Weights], Gradients]) -> None:
    """At the start of a sweep, a_t times the gradient of tile t is that of the whole canvas."""
    for wanted, residual, plain in gradients(STYLE_ONLY):
        assert (residual - wanted).abs().max() < 2e-3 * wanted.abs().max()
        assert (plain - wanted).norm() > 0.05 * wanted.norm()


def test_with_standard_deviations_it_points_nearly_there(
    gradients: Callable[[Weights], Gradients],
) -> None:
    """A standard deviation is no sum over tiles, so the gradient is the same only nearly."""
    angles = [
        [float(torch.cosine_similarity(g.flatten(), wanted.flatten(), dim=0)) for g in others]
        for wanted, *others in gradients(replace(STYLE_ONLY, with_std=True))
    ]
    near, far = np.mean(angles, axis=0)
    assert near > max(0.8, far)


class Watched:
    """A studio's encoder that notes every framed image it is shown with gradients on."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
        self.images: list[Tensor] = []
        real = studio.read

        def read(framed: Tensor, core: Rect, write: Rect, zones: Tensor | None = None) -> Reading:
            self.images.append(framed.detach().clone())
            return real(framed, core, write, zones)

        monkeypatch.setattr(studio, "read", read)


def test_pixels_outside_write_never_change(
    studio: Studio, photo_array: Pixels, style_array: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, before = photo_array.copy(), photo_array.copy()
    photo = photo_array[::-1].copy()
    watched = Watched(studio, monkeypatch)
    write = Rect(32, 16, 80, 64)
    whole = task(studio, window, style_array, Weights(), 5)
    moments = studio.measure(window, everything(window))
    made = studio.restyle(
        window, photo, replace(whole, core=Rect(48, 32, 48, 32), write=write, canvas=moments)
    )
    assert made.pixels.shape == (64, 80, 3)
    assert np.array_equal(window, before)
    outside = torch.ones(1, 3, 120, 160, dtype=torch.bool)
    outside[..., write.y : write.bottom, write.x : write.right] = False
    assert len(watched.images) == 5
    for image in watched.images:
        shown = image[..., 16:136, 16:176]  # behind the frame
        assert torch.equal(shown[outside], to_tensor(before)[outside])
    inside = watched.images[-1][..., 32:96, 48:128]
    assert not torch.equal(inside, to_tensor(before)[..., 16:80, 32:112])


def test_the_bleed_begins_as_a_reflection_and_is_free(
    studio: Studio, photo_array: Pixels, style_array: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = np.ascontiguousarray(photo_array[30:83, 40:130])
    watched = Watched(studio, monkeypatch)
    made = studio.restyle(window, window, task(studio, window, style_array, Weights(), 4))
    assert made.pixels.shape == window.shape
    first, last = watched.images[0], watched.images[-1]
    # 16 px to each side, and 6 and 11 more to whole cells; the edge itself is not repeated.
    assert first.shape == (1, 3, 16 + 53 + 11 + 16, 16 + 90 + 6 + 16)
    assert torch.equal(first[..., 16:69, 16:106], to_tensor(window))
    assert torch.equal(first[..., :16], first[..., 17:33].flip(-1))
    assert torch.equal(first[..., 106:], first[..., 83:105].flip(-1))
    assert torch.equal(first[..., :16, :], first[..., 17:33, :].flip(-2))
    assert torch.equal(first[..., 69:, :], first[..., 41:68, :].flip(-2))
    assert not torch.equal(last[..., :16, :], last[..., 17:33, :].flip(-2))


def test_bleed_lies_only_where_the_window_ends(
    studio: Studio, photo_array: Pixels, style_array: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tile at the canvas's left edge: its bleed changes, its halo and the frame do not."""
    watched = Watched(studio, monkeypatch)
    whole = task(studio, photo_array, style_array, Weights(), 4)
    write = Rect(0, 32, 96, 48)
    studio.restyle(photo_array, photo_array, replace(whole, core=Rect(0, 48, 80, 16), write=write))
    changed = (watched.images[0] != watched.images[-1]).any(dim=1)[0]
    rows, columns = (torch.nonzero(changed.any(dim=axis)).flatten() for axis in (1, 0))
    assert (rows.min(), rows.max()) == (32 + 16, 32 + 16 + 48 - 1)
    assert (columns.min(), columns.max()) == (0, 16 + 96 - 1)


def style_distance(studio: Studio, pixels: Pixels, style: Pixels) -> float:
    found, goal = (studio.measure(image, everything(image)) for image in (pixels, style))
    return float(losses.style_loss(found, goal, goal, studio.style_weights))


@pytest.mark.parametrize("name", ["lbfgs", "adam"])
def test_a_whole_image_takes_on_the_style(
    studio: Studio, photo_array: Pixels, style_array: Pixels, name: str
) -> None:
    whole = task(studio, photo_array, style_array, Weights(content=0.01, smooth=0.01), 15)
    notes: list[Progress] = []
    made = studio.restyle(
        photo_array, photo_array, replace(whole, optimizer=Optimizer(name)), notes.append
    )
    assert made.pixels.shape == photo_array.shape and made.pixels.dtype == np.float32
    assert made.pixels.min() >= 0 and made.pixels.max() <= 1
    assert len(made.losses) == 15
    assert [note.loss for note in notes] == list(made.losses)
    before = style_distance(studio, photo_array, style_array)
    assert style_distance(studio, made.pixels, style_array) < 0.5 * before


def test_an_image_that_is_the_painting_has_nothing_to_do(
    studio: Studio, style_array: Pixels
) -> None:
    whole = task(studio, style_array, style_array, Weights(smooth=0.0), 3)
    made = studio.restyle(style_array, style_array, whole)
    assert made.losses[0] < 1e-9
    assert np.abs(made.pixels - style_array).max() < 1e-3


def test_content_alone_brings_the_photo_back(studio: Studio, photo_array: Pixels) -> None:
    start = np.clip(photo_array + np.random.default_rng(0).normal(0, 0.1, photo_array.shape), 0, 1)
    start = start.astype(np.float32)
    content = Weights(style=0.0, content=1.0, smooth=0.0)
    whole = task(studio, photo_array, photo_array, content, 20)
    whole = replace(whole, content_energy=studio.energy(photo_array))
    made = studio.restyle(start, photo_array, whole)
    assert made.losses[-1] < 0.3 * made.losses[0]
    same = studio.restyle(photo_array, photo_array, whole)
    assert same.losses[0] < 1e-9


def test_content_is_relative_to_the_photos_energy(studio: Studio, photo_array: Pixels) -> None:
    with torch.no_grad():
        feature = features(studio, photo_array)["relu4_1"]
    # 120 x 160 px are 15 x 20 cells of stride 8, behind a frame of two.
    feature = feature[..., 2:17, 2:22]
    assert studio.energy(photo_array) == pytest.approx(float(feature.square().mean()), rel=1e-5)


def test_the_same_task_gives_the_same_bytes(
    studio: Studio, photo_array: Pixels, style_array: Pixels
) -> None:
    whole = task(studio, photo_array, style_array, Weights(), 6)
    one, other = (studio.restyle(photo_array, photo_array, whole) for _ in range(2))
    assert one.pixels.tobytes() == other.pixels.tobytes()
    assert one.losses == other.losses


def test_bfloat16_is_close_to_float32(
    studio: Studio, photo_array: Pixels, style_array: Pixels
) -> None:
    low = Studio(studio.encoder, Precision.BFLOAT16)
    assert low.bfloat16 and not studio.bfloat16
    pair = [
        (s, style_distance(s, photo_array, style_array), s.energy(photo_array))
        for s in (low, studio)
    ]
    assert pair[0][1] == pytest.approx(pair[1][1], rel=0.1)
    assert pair[0][2] == pytest.approx(pair[1][2], rel=0.05)
    made = low.restyle(photo_array, photo_array, task(low, photo_array, style_array, Weights(), 5))
    assert min(made.losses) < made.losses[0]
    assert low.measure(photo_array, everything(photo_array)).layers["relu1_1"].gram.dtype == (
        torch.float32
    )


def test_moments_of_windows_agree_with_features(studio: Studio, photo_array: Pixels) -> None:
    with torch.no_grad():
        style = {n: features(studio, photo_array)[n] for n in studio.style_weights}
    found = studio.measure(photo_array, Rect(32, 16, 64, 64))
    wanted = of_features(style, studio.design, Rect(48, 32, 64, 64))
    for name, one in wanted.layers.items():
        torch.testing.assert_close(found.layers[name].gram, one.gram)
    halves = [studio.measure(photo_array, Rect(x, 0, 80, 120)) for x in (0, 80)]
    whole = studio.measure(photo_array, everything(photo_array))
    for name, one in combined(halves).layers.items():
        torch.testing.assert_close(one.gram, whole.layers[name].gram, rtol=1e-4, atol=1e-4)


def test_arrays_and_tensors_are_the_same_pixels(photo_array: Pixels) -> None:
    tensor = to_tensor(photo_array)
    assert tensor.shape == (1, 3, 120, 160)
    assert tensor[0, 2, 5, 7] == photo_array[5, 7, 2]
    assert np.array_equal(to_pixels(tensor), photo_array)
    beyond = to_pixels(torch.tensor([-1.0, 0.5, 2.0]).view(1, 3, 1, 1))
    assert beyond.tolist() == [[[0.0, 0.5, 1.0]]]


def test_greys_stay_grey_where_the_painting_has_no_hue(
    studio: Studio, photo_array: Pixels, style_array: Pixels
) -> None:
    """A pencil drawing gave green and pink patches: the encoder hardly tells them from tones."""
    photo, style = (np.repeat(p.mean(-1, keepdims=True), 3, -1) for p in (photo_array, style_array))
    plain = task(studio, photo, style, Weights(), 6)
    tinted = studio.restyle(photo, photo, plain).pixels
    assert np.ptp(tinted, axis=-1).max() > 4 / 255
    held = replace(plain, hues=np.full((3, 3), 1 / 3, np.float32))
    grey = studio.restyle(photo, photo, held)
    assert np.ptp(grey.pixels, axis=-1).max() < 1e-5
    assert grey.losses[-1] < grey.losses[0]
    nothing = replace(plain, hues=np.zeros((3, 3), np.float32))
    assert studio.restyle(photo, photo, nothing).pixels == pytest.approx(photo, abs=1e-6)
