"""Tests of stages.canvas.inputs.decode."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from pictures import HEIGHT, WIDTH, gradient, noisy, prepared, refusal, rgb, save

from stages import canvas
from stages.canvas import files
from stages.canvas.inputs import header
from stages.errors import InputImageError
from stages.tiles import Rect, Size, centre_crop

EXACT = gradient() / 255.0


def _float(values: Any) -> Any:
    return pyvips.Image.new_from_array(np.asarray(values, np.float32)).copy(interpretation="scrgb")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".jpg", ".gif"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = save(rgb(), tmp_path / f"picture{suffix}")
    tolerance = 0.0 if suffix in (".png", ".tif") else 0.08
    assert np.abs(prepared(path) - EXACT).max() <= tolerance + 1e-6


def test_the_name_does_not_matter_only_the_content(tmp_path: Path) -> None:
    path = save(rgb(), tmp_path / "picture.png")
    odd = path.rename(tmp_path / "my photo [final, really].jpg ü")
    assert canvas.inspect(odd).format == "PNG"
    assert np.allclose(prepared(odd), EXACT, atol=1e-6)


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint16)
    path = save(
        pyvips.Image.new_from_array(values).copy(interpretation="rgb16"), tmp_path / "p.tif"
    )
    assert np.abs(prepared(path) - values / 65535.0).max() < 1e-6


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.tif"])
def test_grey_has_three_equal_channels(tmp_path: Path, name: str) -> None:
    pixels = prepared(save(rgb().colourspace("b-w"), tmp_path / name))
    assert np.array_equal(pixels[..., 0], pixels[..., 1])
    assert np.array_equal(pixels[..., 0], pixels[..., 2])
    assert 0.1 < pixels.mean() < 0.9


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    half = prepared(save(rgb().bandjoin(51), tmp_path / "half.png"))
    assert np.allclose(half, EXACT * 0.2 + 0.8, atol=1e-6)
    clear = prepared(save(rgb().colourspace("b-w").bandjoin(0), tmp_path / "clear.png"))
    assert np.all(clear == 1.0)
    deep = rgb().colourspace("rgb16").bandjoin(0).copy(interpretation="rgb16")
    assert np.all(prepared(save(deep, tmp_path / "deep.png")) == 1.0)


@pytest.mark.parametrize("kind", ["cmyk", "lab"])
def test_other_colour_spaces_come_near_the_same_colours(tmp_path: Path, kind: str) -> None:
    muted = rgb((gradient() // 4 + 96).astype(np.uint8))
    path = save(muted.colourspace(kind), tmp_path / "p.tif")
    assert np.abs(prepared(path) - muted.numpy() / 255.0).max() < 0.08


def test_an_embedded_profile_is_used(tmp_path: Path) -> None:
    muted = rgb((gradient() // 4 + 96).astype(np.uint8))
    wide = muted.icc_transform("p3", input_profile="srgb")
    path = save(wide, tmp_path / "p.png", profile="p3")
    assert np.abs(wide.numpy() / 255.0 - muted.numpy() / 255.0).max() > 0.015
    assert np.abs(prepared(path) - muted.numpy() / 255.0).max() < 0.01


def test_a_broken_profile_is_passed_over(tmp_path: Path) -> None:
    image = rgb().copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", b"no profile" * 30)
    assert np.allclose(prepared(save(image, tmp_path / "p.tif")), EXACT, atol=1e-3)


def test_floating_point_is_linear_light(tmp_path: Path) -> None:
    assert np.allclose(
        prepared(save(rgb().colourspace("scrgb"), tmp_path / "p.tif")), EXACT, atol=1e-3
    )


def test_palette_bilevel_tiled_interlaced(tmp_path: Path) -> None:
    assert np.abs(prepared(save(rgb(), tmp_path / "a.png", palette=True)) - EXACT).max() < 0.1
    black_white = prepared(save(rgb().colourspace("b-w") > 100, tmp_path / "b.tif", bitdepth=1))
    assert set(np.unique(black_white)) == {0.0, 1.0}
    tiled = save(rgb(), tmp_path / "c.tif", tile=True, tile_width=32, tile_height=32)
    assert np.allclose(prepared(tiled), EXACT, atol=1e-6)
    interlaced = save(rgb(), tmp_path / "d.png", interlace=True)
    assert np.allclose(prepared(interlaced), EXACT, atol=1e-6)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_give_their_first_picture(tmp_path: Path, suffix: str) -> None:
    both = rgb().join(rgb().invert(), "vertical").copy()
    both.set_type(pyvips.GValue.gint_type, "page-height", HEIGHT)
    pixels = prepared(save(both, tmp_path / f"moving{suffix}"))
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(pixels - EXACT).mean() < 0.05


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("target", [(WIDTH, HEIGHT), (60, 60), (71, 33)])
def test_orientations(tmp_path: Path, orientation: int, target: tuple[int, int]) -> None:
    image = noisy().copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    path = save(image, tmp_path / "p.tif")
    upright = image.autorot()
    facts = canvas.inspect(path)
    assert facts.size == Size(upright.width, upright.height)
    whole = prepared(path, upright.width, upright.height)
    assert np.allclose(whole, upright.numpy() / 255.0, atol=1e-6)
    crop = centre_crop(facts.size, Size(*target))
    expected = upright.cast("float").crop(crop.x, crop.y, crop.width, crop.height)
    across, down = target[0] / crop.width, target[1] / crop.height
    shrinks = crop.width >= target[0] and crop.height >= target[1]
    shrunk = (
        expected.resize(across, vscale=down) if shrinks and crop.width != target[0] else expected
    )
    assert np.abs(prepared(path, *target) - shrunk.numpy().clip(0, 255) / 255.0).max() < 1e-5


def test_a_small_photo_is_cropped_but_not_enlarged(tmp_path: Path) -> None:
    path = save(rgb(), tmp_path / "p.png")
    size = canvas.prepare_photo(path, tmp_path / "c.npy", Size(6000, 6000))
    assert size == canvas.size_of(tmp_path / "c.npy") == Size(HEIGHT, HEIGHT)


def test_a_large_photo_has_the_size_asked_for(tmp_path: Path) -> None:
    path = save(noisy(701, 533), tmp_path / "p.jpg")
    for size in (Size(53, 40), Size(300, 31), Size(17, 400), Size(700, 532)):
        assert canvas.prepare_photo(path, tmp_path / "c.npy", size) == size
        assert canvas.size_of(tmp_path / "c.npy") == size


def test_styles_shrink_only_above_the_limit(tmp_path: Path) -> None:
    path = save(noisy(), tmp_path / "p.png")
    dst = tmp_path / "c.npy"
    assert canvas.prepare_style(path, dst, WIDTH * HEIGHT) == Size(WIDTH, HEIGHT)
    small = canvas.prepare_style(path, dst, 5000)
    assert small == canvas.size_of(dst)
    assert 4700 < small.pixels <= 5000


@pytest.mark.parametrize("percent", [1, 10, 50, 90, 99])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("p.jpg", {}),
        ("q.jpg", {"interlace": True}),
        ("p.png", {}),
        ("q.png", {"interlace": True}),
        ("p.tif", {}),
        ("p.webp", {}),
        ("p.gif", {}),
    ],
)
def test_half_files_are_refused(
    tmp_path: Path, name: str, options: dict[str, object], percent: int
) -> None:
    path = save(noisy(), tmp_path / name, **options)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * percent // 100])
    refusal(path)


def test_a_half_file_is_refused_even_where_the_crop_needs_no_more(tmp_path: Path) -> None:
    path = save(noisy(160, 480), tmp_path / "tall.jpg")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])  # a 160x120 crop needs rows 180 to 300
    assert "cut short" in refusal(path)


def test_damaged_png_is_refused(tmp_path: Path) -> None:
    path = save(noisy(), tmp_path / "p.png")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    refusal(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    values = gradient() / np.float32(255.0)
    values[7, 5, 1] = value
    assert "no numbers" in refusal(save(_float(values), tmp_path / "p.tif"))


def test_floating_point_of_the_wrong_range_is_refused(tmp_path: Path) -> None:
    assert "between 0 and 1" in refusal(save(_float(gradient()), tmp_path / "p.tif"))


def test_nothing_but_our_message_reaches_the_screen(tmp_path: Path) -> None:
    path = save(noisy(), tmp_path / "p.jpg")
    path.write_bytes(path.read_bytes()[:2000])
    values = gradient() / np.float32(255.0)
    values[0, 0, 0] = np.nan
    nan = save(_float(values), tmp_path / "nan.tif")
    program = (
        "import sys; from pathlib import Path; from stages import canvas; from stages.tiles import"
        " Size; from stages.errors import InputImageError\n"
        "for name in sys.argv[1:]:\n try: canvas.prepare_photo(Path(name),"
        " Path(name).with_suffix('.npy'), Size(90, 90))\n except InputImageError:"
        " print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(nan)],
        capture_output=True,
        text=True,
        cwd=Path(canvas.__file__).parents[2],
        check=True,
    )
    assert done.stdout.split() == ["refused", "refused"]
    assert done.stderr == ""


def test_a_file_is_opened_once_for_its_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = header.opened
    monkeypatch.setattr(header, "opened", lambda p: (opened.append(p.name), real(p))[1])
    for name in ("p.jpg", "p.png", "p.tif"):
        path = save(noisy(), tmp_path / name)
        canvas.prepare_photo(path, tmp_path / "c.npy", Size(100, 30))
        canvas.prepare_style(path, tmp_path / "c.npy", 5000)
    assert opened == ["p.jpg"] * 2 + ["p.png"] * 2 + ["p.tif"] * 2


def _peak(path: Path, size: Size) -> int:
    """The most memory that a process takes to prepare a photo, in bytes."""
    program = (
        "import re, sys; from pathlib import Path; from stages import canvas; "
        "from stages.tiles import Size\n"
        "canvas.prepare_photo(Path(sys.argv[1]), Path(sys.argv[1] + '.npy'), "
        "Size(int(sys.argv[2]), int(sys.argv[3])))\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(size.width), str(size.height)],
        capture_output=True,
        text=True,
        cwd=Path(canvas.__file__).parents[2],
        check=True,
    )
    return int(done.stdout) * 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
def test_turning_a_photo_takes_no_more_memory_than_another(tmp_path: Path) -> None:
    size = Size(3000, 4000)
    level = save(rgb(gradient(size.width, size.height)), tmp_path / "level.tif")
    image = rgb(gradient(size.height, size.width)).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    turned = save(image, tmp_path / "turned.tif")
    more = _peak(turned, size) - _peak(level, size)
    assert more < 0.4 * size.pixels * 12  # of 144 MB, which were all mapped


# ---- paintings that were cut out


def _cut_out(path: Path, orientation: int = 1) -> Path:
    """The gradient, its right half transparent; stored so that it is upright when turned."""
    band = np.where(np.arange(WIDTH) < WIDTH // 2, 255, 0).astype(np.uint8)
    array = np.dstack([gradient(), np.broadcast_to(band, (HEIGHT, WIDTH))])
    if orientation == 6:  # turned clockwise to be upright
        array = np.rot90(array, 1)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(array)).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return save(image, path)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_opacity_of_a_painting_is_kept(tmp_path: Path, orientation: int) -> None:
    path, dst = _cut_out(tmp_path / "p.tif", orientation), tmp_path / "c.npy"
    assert canvas.prepare_style(path, dst, 10**6) == canvas.size_of(dst) == Size(WIDTH, HEIGHT)
    opacity = files.opacity(dst)
    assert opacity is not None and opacity.shape == (HEIGHT, WIDTH)
    assert np.all(opacity[:, : WIDTH // 2] == 1) and np.all(opacity[:, WIDTH // 2 :] == 0)
    over_white = EXACT.copy()
    over_white[:, WIDTH // 2 :] = 1
    assert np.allclose(canvas.read(dst), over_white, atol=1e-6)
    canvas.preview(dst, tmp_path / "p.png")
    assert np.allclose(prepared(tmp_path / "p.png"), over_white, atol=0.003)
    canvas.prepare_style(path, dst, 5000)
    small = files.opacity(dst, Rect(2, 3, 4, 5))
    assert small is not None and np.all(small == 1) and small.shape == (5, 4)


def test_a_painting_without_transparency_has_the_bytes_of_one_without_a_fourth_band(
    tmp_path: Path,
) -> None:
    for name, image in (("a", rgb()), ("b", rgb().bandjoin(255))):
        canvas.prepare_style(save(image, tmp_path / f"{name}.png"), tmp_path / name, 9999)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert files.opacity(tmp_path / "a") is None


def test_a_photo_keeps_no_opacity(tmp_path: Path) -> None:
    prepared(_cut_out(tmp_path / "p.png"))
    assert files.opacity(tmp_path / "prepared.npy") is None


def test_a_painting_of_nothing_is_refused(tmp_path: Path) -> None:
    path = save(rgb().bandjoin(0), tmp_path / "p.png")
    with pytest.raises(InputImageError, match="wholly transparent"):
        canvas.prepare_style(path, tmp_path / "c.npy", 10**6)
