from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import random_canvas

from stages import canvas
from stages.canvas import resample
from stages.canvas.resample import Kernel
from stages.tiles import Size

KERNELS: tuple[Kernel, ...] = ("lanczos3", "cubic")


def _waves(width: int, height: int) -> np.ndarray:
    """Slow waves over the unit square, sampled at pixel centres."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    wave = 0.5 + 0.25 * np.sin(4.0 * x)[None, :] + 0.2 * np.cos(5.0 * y)[:, None]
    return np.repeat(wave[:, :, None], 3, axis=2).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from(KERNELS),
)
def test_a_plain_colour_stays_and_the_size_is_exact(
    width: int, height: int, new_width: int, new_height: int, kernel: Kernel
) -> None:
    plain = np.full((height, width, 3), 0.3, np.float32)
    out = canvas.resized(plain, Size(new_width, new_height), kernel=kernel)
    assert out.shape == (new_height, new_width, 3)
    assert np.allclose(out, 0.3, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", [(150, 90), (293, 171), (80, 60), (41, 33), (160, 30)])
def test_nothing_moves(size: tuple[int, int], kernel: Kernel) -> None:
    out = canvas.resized(_waves(160, 120), Size(*size), kernel=kernel)
    inner = np.abs(out - _waves(*size))[6:-6, 6:-6]
    assert inner.max() < 2e-3


@pytest.mark.parametrize("kernel", KERNELS)
def test_up_and_down_again_gives_the_same_picture(kernel: Kernel) -> None:
    smooth = _waves(97, 61)
    up = canvas.resized(smooth, Size(177, 112), kernel=kernel)
    assert np.abs(canvas.resized(up, Size(97, 61), kernel=kernel) - smooth).max() < 5e-3


def test_shrinking_does_not_alias() -> None:
    stripes = np.zeros((64, 64, 3), np.float32)
    stripes[:, ::2] = 1.0
    assert np.abs(canvas.resized(stripes, Size(23, 23))[2:-2, 2:-2] - 0.5).max() < 0.02


def test_overshoot_is_clipped() -> None:
    edge = np.zeros((16, 16, 3), np.float32)
    edge[:, 8:] = 1.0
    out = canvas.resized(edge, Size(40, 40))
    assert out.min() == 0.0
    assert out.max() == 1.0


@pytest.mark.parametrize("size", [(90, 70), (40, 30), (50, 37), (90, 10), (20, 80)])
def test_bands_do_not_show(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = random_canvas(tmp_path / "a.npy", 50, 37)
    whole = canvas.resized(pixels, Size(*size))
    monkeypatch.setattr(resample, "_BAND_BYTES", 6000)
    canvas.resize(tmp_path / "a.npy", tmp_path / "b.npy", Size(*size))
    assert np.array_equal(canvas.read(tmp_path / "b.npy"), whole)
    if size == (50, 37):
        assert np.array_equal(whole, pixels)


@pytest.mark.parametrize(
    ("source", "size"), [((30, 20), (3000, 2000)), ((3000, 2000), (1500, 1000))]
)
def test_bands_are_small_however_much_the_size_changes(
    source: tuple[int, int], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small photo at the size of a print came in bands of 350 MB."""
    most = 40 * 3000 * canvas.files.BYTES_PER_PIXEL
    monkeypatch.setattr(resample, "_BAND_BYTES", most)
    read: list[int] = []
    pixels = np.zeros((source[1], source[0], 3), np.float32)

    def rows(start: int, stop: int) -> np.ndarray:
        read.append(pixels[start:stop].nbytes)
        return pixels[start:stop]

    bands = resample._Resampling(Size(*source), Size(*size), rows, "lanczos3").bands()
    assert max(band.nbytes for band in bands) <= most
    assert max(read) <= most


def test_rows_of_a_canvas_at_another_size_are_those_of_the_whole(tmp_path: Path) -> None:
    canvas.write(tmp_path / "a.npy", np.random.default_rng(0).random((40, 60, 3), np.float32))
    resample.resize(tmp_path / "a.npy", tmp_path / "b.npy", Size(111, 73))
    rows = resample.rows_at(tmp_path / "a.npy", Size(111, 73))
    assert np.array_equal(rows(20, 50), canvas.read(tmp_path / "b.npy")[20:50])
