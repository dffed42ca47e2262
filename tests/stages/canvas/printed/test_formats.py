from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvips
from pictures import random_canvas

from stages import canvas
from stages.canvas import _vips
from stages.errors import TilebrushError, UsageError
from stages.sheet import Margins
from stages.tiles import Size

FORMAT = canvas.PrintFormat(dpi=381.0, bits=8, jpeg_quality=95, seed=3)


@pytest.fixture
def smooth(tmp_path: Path) -> Path:
    """A ramp over ten steps of 8 bits."""
    path = tmp_path / "smooth.npy"
    ramp = np.linspace(100 / 255, 110 / 255, 700, dtype=np.float32)
    canvas.write(path, np.broadcast_to(ramp[None, :, None], (520, 700, 3)))
    return path


def _image(path: Path) -> pyvips.Image:
    return pyvips.Image.new_from_file(str(path))


def test_tiff(smooth: Path, tmp_path: Path) -> None:
    dst = tmp_path / "print.tif"
    canvas.write_tiff(smooth, dst, FORMAT)
    image = _image(dst)
    assert (image.width, image.height, image.bands, image.format) == (700, 520, 3, "uchar")
    assert image.xres * 25.4 == pytest.approx(381.0, abs=0.01)
    assert image.yres == image.xres
    assert image.get("resolution-unit") == "in"
    assert "sRGB".encode("utf-16-be") in image.get("icc-profile-data")


def test_jpeg(smooth: Path, tmp_path: Path) -> None:
    dst = tmp_path / "print.jpg"
    canvas.write_jpeg(smooth, dst, FORMAT)
    image = _image(dst)
    assert (image.width, image.height, image.bands) == (700, 520, 3)
    assert image.xres * 25.4 == pytest.approx(381.0, abs=0.01)
    assert dst.read_bytes()[:18] == b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\2\1\x01\x7d\x01\x7d"
    assert image.get("jpeg-chroma-subsample") == "4:4:4"
    assert image.get("exif-ifd2-ColorSpace").startswith("1 ")
    assert "sRGB".encode("utf-16-be") in image.get("icc-profile-data")


@pytest.mark.parametrize("bits", [8, 16])
def test_dither_keeps_the_mean_and_stays_within_a_step_and_a_half(
    smooth: Path, tmp_path: Path, bits: int
) -> None:
    top = 2**bits - 1
    canvas.write_tiff(smooth, tmp_path / "p.tif", canvas.PrintFormat(bits=bits))
    written = _image(tmp_path / "p.tif").numpy().astype(np.float64)
    apart = written - canvas.read(smooth).astype(np.float64) * top
    assert np.abs(apart).max() <= 1.5 + 1e-2
    assert np.abs(apart.mean(axis=0)).max() < 0.2  # a column's mean: no bands
    assert np.abs(apart.mean()) < 0.01
    assert 0.4 < apart.std() < 0.6  # triangular noise and rounding: half a step


def test_without_dither_there_would_be_bands(smooth: Path) -> None:
    exact = canvas.read(smooth).astype(np.float64) * 255
    assert np.abs((np.rint(exact) - exact).mean(axis=0)).max() > 0.4


@pytest.mark.parametrize("suffix", ["tif", "jpg"])
def test_the_same_canvas_gives_the_same_bytes(smooth: Path, tmp_path: Path, suffix: str) -> None:
    write = canvas.write_tiff if suffix == "tif" else canvas.write_jpeg
    threads = pyvips.concurrency_get()
    try:
        for number, count in enumerate((1, 3)):
            pyvips.concurrency_set(count)
            write(smooth, tmp_path / f"{number}.{suffix}", FORMAT)
    finally:
        pyvips.concurrency_set(threads)
    first, second = ((tmp_path / f"{n}.{suffix}").read_bytes() for n in (0, 1))
    assert first == second
    write(smooth, tmp_path / f"other.{suffix}", canvas.PrintFormat(seed=4))
    assert (tmp_path / f"other.{suffix}").read_bytes() != first


def test_a_full_disk_is_an_os_error(smooth: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    for write in (canvas.write_tiff, canvas.write_jpeg):
        with pytest.raises(OSError, match=r"(?i)space|seek|illegal"):
            write(smooth, full, FORMAT)


def test_a_failing_write_keeps_its_own_error(smooth: Path, tmp_path: Path) -> None:
    class Failing:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None: ...

    image = _vips.Image.black(64, 64)
    with pytest.raises(OSError, match="No space left"):
        _vips.into(Failing(), image.jpegsave_target)  # type: ignore[arg-type]


def test_a_picture_too_long_for_jpeg_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.npy"
    canvas.write(path, np.zeros((1, 66000, 3), np.float32))
    with pytest.raises(TilebrushError, match="use the TIFF"):
        canvas.write_jpeg(path, tmp_path / "p.jpg", FORMAT)


def test_images_by_suffix(tmp_path: Path) -> None:
    random_canvas(tmp_path / "c.npy", 40, 30)
    for name in ("p.png", "p.tif", "p.jpg"):
        canvas.write_image(tmp_path / "c.npy", tmp_path / name, 0)
        image = _image(tmp_path / name)
        assert Size(image.width, image.height) == Size(40, 30)
        assert image.get_typeof("icc-profile-data")
    with pytest.raises(UsageError, match=r"\.bmp"):
        canvas.check_suffix(tmp_path / "p.bmp")


@pytest.mark.parametrize("bits", [8, 16])
def test_a_border_is_of_exactly_its_colour(tmp_path: Path, bits: int) -> None:
    pixels = random_canvas(tmp_path / "c.npy", 40, 30)
    around, colour = Margins(3, 4, 5, 6), (255, 250, 7)
    form = canvas.PrintFormat(bits=bits, border=around, colour=colour)
    canvas.write_tiff(tmp_path / "c.npy", tmp_path / "p.tif", form)
    canvas.write_tiff(tmp_path / "c.npy", tmp_path / "alone.tif", replace(form, border=Margins()))
    written, step = _image(tmp_path / "p.tif").numpy(), 1 if bits == 8 else 257
    assert written.shape == (30 + 3 + 5, 40 + 4 + 6, 3)
    inside = written[3:33, 6:46]
    assert np.array_equal(inside, _image(tmp_path / "alone.tif").numpy())
    assert np.abs(inside / (255.0 * step) - pixels).max() < 1.6 / (255 * step)
    outside = np.ones(written.shape[:2], bool)
    outside[3:33, 6:46] = False
    assert (written[outside] == np.array(colour) * step).all()
