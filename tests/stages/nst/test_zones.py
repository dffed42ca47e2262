"""Where masks divide a window: the moments of zones, their gradients, what is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from stages.nst import studio as stylize
from stages.nst.features import Wanted, read
from stages.nst.losses import style_loss
from stages.nst.moments import Moments, combined, in_zone
from stages.nst.studio import Studio
from stages.nst.windows.task import Pixels, Task, Weights
from stages.tiles import Rect, Size, grid

CORE = Rect(16, 32, 64, 48)
SIZE = Size(320, 128)


def shares(width: int, height: int, soft: float = 40.0) -> Pixels:
    """Three zones with soft edges and a part of nobody."""
    x = np.linspace(0, width, width, dtype=np.float32)[None].repeat(height, 0)
    left = np.clip((width * 0.4 - x) / soft + 0.5, 0, 1)
    right = np.clip((x - width * 0.7) / soft + 0.5, 0, 1)
    middle = np.clip(1 - left - right, 0, 1) * np.linspace(0, 1, height)[:, None]
    return np.stack([left, middle, right], -1).astype(np.float32)


def canvas(photo: Pixels) -> Pixels:
    rows = np.concatenate([photo, photo[::-1]])[: SIZE.height]
    return np.ascontiguousarray(np.concatenate([rows, rows[:, ::-1]], 1)[:, : SIZE.width])


def test_numbers_and_gradients_are_those_of_the_plain_way(studio: Studio) -> None:
    image = torch.rand(1, 3, 96, 128, requires_grad=True)
    zones = torch.from_numpy(shares(128, 96)).permute(2, 0, 1)[None].contiguous()
    names = tuple(studio.style_weights)
    found = read(studio.encoder, image, Wanted(names, CORE, zones=zones)).moments
    features = studio.encoder(image, names)
    total, plain = torch.zeros(()), torch.zeros(())
    for name in names:
        stride = studio.design.layer(name).stride
        box = [n // stride for n in (CORE.y, CORE.bottom, CORE.x, CORE.right)]
        cut = features[name][0, :, box[0] : box[1], box[2] : box[3]].flatten(1)
        cells = F.avg_pool2d(zones, stride)[0, :, box[0] : box[1], box[2] : box[3]].flatten(1)
        for zone, weight in enumerate(cells):
            own = found.layers[in_zone(name, zone)]
            mean = (cut * weight).sum(1) / weight.sum()
            gram = (cut * weight) @ cut.T / weight.sum()
            assert own.count == pytest.approx(float(weight.sum()))
            torch.testing.assert_close(own.mean, mean)
            torch.testing.assert_close(own.gram, gram)
            ramp = torch.linspace(-1, 1, gram.numel()).view_as(gram)
            total = total + (own.gram * ramp).sum() + own.mean.square().sum()
            plain = plain + (gram * ramp).sum() + mean.square().sum()
    pair = [torch.autograd.grad(each, image, retain_graph=True)[0] for each in (total, plain)]
    torch.testing.assert_close(*pair, rtol=1e-4, atol=1e-5 * float(pair[1].abs().max()))


def test_one_zone_of_everything_is_the_plain_window(studio: Studio, photo_array: Pixels) -> None:
    whole = np.ones((*photo_array.shape[:2], 1), np.float32)
    region = Rect(0, 0, photo_array.shape[1], photo_array.shape[0])
    found = studio.measure(photo_array, region, whole).of_zone(0)
    plain = studio.measure(photo_array, region)
    for name, one in plain.layers.items():
        assert found.layers[name].count == one.count
        torch.testing.assert_close(found.layers[name].gram, one.gram)


def test_a_mask_split_over_tiles_gives_the_moments_of_the_whole(
    studio: Studio, photo_array: Pixels
) -> None:
    image, zones = canvas(photo_array), shares(SIZE.width, SIZE.height)
    whole = studio.measure(image, Rect(0, 0, SIZE.width, SIZE.height), zones)
    halo = -(-studio.design.halo() // 16) * 16
    parts = []
    for tile in grid(SIZE, core=64, overlap=16, halo=halo, align=16).tiles:
        w = tile.window
        cut = slice(w.y, w.bottom), slice(w.x, w.right)
        parts.append(studio.measure(image[cut], tile.core.within(w), zones[cut]))
    assert len(parts) > 3
    found = combined(parts)
    for name, one in whole.layers.items():
        assert found.layers[name].count == pytest.approx(one.count, rel=1e-5)
        assert float((found.layers[name].gram - one.gram).norm()) < 1e-4 * float(one.gram.norm())


def zone_task(studio: Studio, image: Pixels, zones: Pixels, styles: list[Moments]) -> Task:
    region = Rect(0, 0, image.shape[1], image.shape[0])
    layers = {n: m for z, one in enumerate(styles) for n, m in one.named(z).layers.items()}
    weights = Weights(style=1.0, content=0.0, smooth=0.0)
    return Task(region, region, Moments(layers), None, 1.0, weights, 12, zones=zones)


def test_a_masked_style_changes_statistics_only_inside_its_mask(
    studio: Studio, photo_array: Pixels, style_array: Pixels
) -> None:
    image = canvas(photo_array)
    zones = np.zeros((SIZE.height, SIZE.width, 1), np.float32)
    zones[:, 160:] = 1
    style = studio.measure_style(style_array, Rect(0, 0, 192, 144))
    task = zone_task(studio, image, zones, [style])
    after = studio.restyle(image, image, task).pixels
    # Beyond what features see and the brush reaches across the edge nothing changes at all.
    far = studio.design.halo() + 24
    assert np.array_equal(after[:, : 160 - far], image[:, : 160 - far])
    inside, outside = Rect(160, 0, 160, 128), Rect(0, 0, 96, 128)

    def away(pixels: Pixels, where: Rect) -> float:
        found = studio.measure(pixels, where)
        return float(style_loss(found, style, style, studio.style_weights))

    assert away(after, inside) < 0.5 * away(image, inside)
    assert abs(away(after, outside) - away(image, outside)) < 0.02 * away(image, outside)


def test_tiles_start_in_the_direction_of_the_whole_canvas(
    studio: Studio, photo_array: Pixels, style_array: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gradient of a tile's loss is the whole's, over the tile's share of the area."""
    image, zones = canvas(photo_array), shares(SIZE.width, SIZE.height)
    gradients: list[Tensor] = []

    def shown(start: Tensor, loss_of: object, *_: object) -> Tensor:
        pixels = start.clone().requires_grad_(True)
        gradients.append(torch.autograd.grad(loss_of(pixels), pixels)[0])  # type: ignore[operator]
        return start

    monkeypatch.setattr(stylize, "minimise", shown)
    weights = Weights(style=1.0, content=0.0, smooth=0.0)
    styles = [
        studio.measure_style(style_array[:, cut], Rect(0, 0, 96, 144))
        for cut in (slice(0, 100), slice(50, 150), slice(100, 200))
    ]
    task = replace(zone_task(studio, image, zones, styles), weights=weights)
    studio.restyle(image, image, task)
    moments = studio.measure(image, task.core, zones)
    window = Rect(32, 0, 288, 128)
    core = Rect(64, 0, 144, 128)  # of the window: 96 to 240 of the canvas
    cut = slice(0, 128), slice(window.x, window.right)
    tile = replace(task, core=core, write=core, canvas=moments, zones=zones[cut])
    studio.restyle(image[cut], image[cut], tile)
    whole, own = gradients
    # With the bleed of 16 px above, below and beside it the canvas has 352x160 px,
    # the tile 144x160.
    reach = studio.design.halo() + 8
    a = whole[..., 96 + 16 + reach : 240 + 16 - reach]
    b = own[..., reach : 144 - reach] * (144 / 352)
    assert a.shape == b.shape and a.shape[-1] >= 8
    assert torch.cosine_similarity(a.flatten(), b.flatten(), dim=0) > 0.999
    torch.testing.assert_close(b, a, rtol=0.05, atol=0.02 * float(a.abs().max()))


def test_strokes_keep_to_the_colours_of_their_zone(studio: Studio, photo_array: Pixels) -> None:
    grey = np.full((3, 3), 1 / 3, np.float32)
    hues = np.stack([np.eye(3, dtype=np.float32), grey])
    zones = np.zeros((*photo_array.shape[:2], 2), np.float32)
    zones[:, :80, 0], zones[:, 80:, 1] = 1, 1
    flat = np.full_like(photo_array, 0.5)
    style = studio.measure_style(photo_array, Rect(0, 0, 144, 112))
    task = replace(zone_task(studio, flat, zones, [style, style]), hues=hues, iterations=4)
    found = studio.restyle(flat, flat, task).pixels
    chroma = np.ptp(found, axis=-1)
    assert chroma[:, 96:].max() < 1e-5 < 1e-3 < chroma[:, :64].max()


def test_a_tile_without_any_zone_is_left_alone(studio: Studio, photo_array: Pixels) -> None:
    style = studio.measure_style(photo_array, Rect(0, 0, 144, 112))
    none = np.zeros((*photo_array.shape[:2], 1), np.float32)
    task = replace(
        zone_task(studio, photo_array, none, [style]), weights=Weights(1.0, 1.0, 0.0), iterations=3
    )
    found = studio.restyle(photo_array, photo_array, task)
    assert np.abs(found.pixels - photo_array).max() < 1e-4
    assert all(np.isfinite(found.losses))
