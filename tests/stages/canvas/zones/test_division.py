from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stages.canvas import files, resample
from stages.canvas.files import Pixels
from stages.canvas.zones import division
from stages.canvas.zones.division import Part, shares, zones_of
from stages.tiles import Size

SIZE = Size(40, 30)


def mask(path: Path, planes: Pixels) -> Path:
    planes = planes if planes.ndim == 3 else planes[..., None]
    height, width, channels = planes.shape
    files.write_bands(path, Size(width, height), [planes.astype(np.float32)], channels)
    return path


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Path, Path]:
    """The left half and the lower half."""
    left, low = np.zeros((30, 40)), np.zeros((30, 40))
    left[:, :20], low[15:] = 1, 1
    return mask(tmp_path / "left.npy", left), mask(tmp_path / "low.npy", low)


def test_without_masks_nothing_is_divided() -> None:
    assert zones_of((), (1.0,)) == () and zones_of((Part(), Part()), (0.5, 0.5)) == ()


def test_paintings_without_a_mask_share_what_masks_leave(halves: tuple[Path, Path]) -> None:
    zones = zones_of((Part(), Part(halves[0]), Part()), (0.2, 0.5, 0.3))
    assert [zone.mask for zone in zones] == [halves[0], None]
    assert [(m.painting, m.weight) for m in zones[1].members] == [(0, 0.4), (2, 0.6)]
    found = shares(zones, SIZE)(0, 30)
    assert found[:, :20, 0].min() == 1 and found[:, 20:, 1].min() == 1
    assert np.array_equal(found.sum(-1), np.ones((30, 40)))


def test_where_masks_overlap_they_share_and_where_none_is_there_is_nobody(
    halves: tuple[Path, Path],
) -> None:
    found = shares(zones_of((Part(halves[0]), Part(halves[1])), (0.9, 0.1)), SIZE)(0, 30)
    assert np.array_equal(found[20, 5], [0.5, 0.5])
    assert np.array_equal(found[5, 5], [1, 0]) and np.array_equal(found[20, 30], [0, 1])
    assert np.array_equal(found[5, 30], [0, 0])


def test_paintings_with_the_same_mask_are_blended(halves: tuple[Path, Path]) -> None:
    (zone,) = zones_of((Part(halves[0]), Part(halves[0])), (0.25, 0.75))
    assert [(m.painting, m.weight) for m in zone.members] == [(0, 0.25), (1, 0.75)]


@pytest.mark.parametrize("size", [Size(40, 30), Size(97, 73), Size(20, 15)])
def test_shares_add_up_at_any_size_and_rows_are_those_of_the_whole(
    tmp_path: Path, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    planes = np.random.default_rng(0).random((30, 40, 5))
    path = mask(tmp_path / "map.npy", planes / planes.sum(-1, keepdims=True))
    zones = zones_of((Part(path),), (1.0,))
    found = shares(zones, size)(0, size.height)
    assert found.shape == (size.height, size.width, 5)
    assert found.sum(-1).max() < 1 + 1e-5 and found.min() >= 0
    np.testing.assert_allclose(shares(zones, size)(7, 13), found[7:13], atol=1e-6)
    monkeypatch.setattr(resample, "_GATHERED", 400)  # some rows at a time
    gathered = division.whole(zones, size)
    assert gathered is not None
    np.testing.assert_allclose(gathered, found, atol=1e-6)
    division.write(zones, tmp_path / "zones.npy", size)
    assert np.array_equal(files.channels(tmp_path / "zones.npy"), found)
    assert sum(division.areas(zones)) == pytest.approx(1, abs=0.02)
