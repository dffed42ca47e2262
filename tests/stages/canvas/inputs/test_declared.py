"""Colours and bands that files declare outside an ICC profile."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import pyvips
from pictures import gradient, png_with, prepared, rgb, save, tiff, tiff_page

from stages import canvas
from stages.canvas.inputs import encodings
from stages.errors import InputImageError

MUTED = (gradient() // 4 + 96).astype(np.uint8)
SRGB_POINTS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def gama(power: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(1e5 / power))


def chrm(*points: int) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *points)


def adobe(path: Path, space: int, index: str = "") -> Path:
    """Muted colours in Adobe RGB, as a camera's JPEG without a profile says so."""
    wide = encoded(encodings.ADOBE_RGB, 563 / 256).copy()
    text = pyvips.GValue.gstr_type
    wide.set_type(text, "exif-ifd2-ColorSpace", str(space))
    if index:
        wide.set_type(text, "exif-ifd4-InteroperabilityIndex", index)
    return save(wide, path, Q=100, subsample_mode="off", keep="exif")


def encoded(encoding: encodings.Encoding, power: float | None = None) -> pyvips.Image:
    """The muted colours by an encoding of some power, or sRGB's curve: 16 bits from first
    principles, without the code that is tested but for its matrix of primaries."""
    x = MUTED / 255.0
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    linear = linear @ np.linalg.inv(encodings.to_linear_srgb(encoding)).T
    found = (
        linear ** (1 / power)
        if power
        else np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    )
    bits = 8 if encoding is encodings.ADOBE_RGB else 16
    kind, space = (np.uint8, "srgb") if bits == 8 else (np.uint16, "rgb16")
    array = (found * (2**bits - 1)).round().astype(kind)
    return pyvips.Image.new_from_array(array).copy(interpretation=space)


def mean_off(path: Path) -> float:
    """How far off they are on the average, of 255: a JPEG's single pixels vary."""
    return float(np.abs(prepared(path) * 255.0 - MUTED).mean())


def far(path: Path) -> float:
    """How far off the muted colours are, of 255."""
    return float(np.abs(prepared(path) * 255.0 - MUTED).max())


@pytest.mark.parametrize(("space", "index"), [(65535, "R03"), (2, "")])
def test_a_cameras_adobe_rgb_is_converted(tmp_path: Path, space: int, index: str) -> None:
    path = adobe(tmp_path / "p.jpg", space, index)
    assert mean_off(path) < 1
    assert "Adobe RGB" in canvas.inspect(path).notes[0]
    as_srgb = adobe(tmp_path / "q.jpg", 1)
    assert mean_off(as_srgb) > 2 and not canvas.inspect(as_srgb).notes


def test_an_unknown_space_is_said(tmp_path: Path) -> None:
    assert "read as sRGB" in canvas.inspect(adobe(tmp_path / "p.jpg", 65535)).notes[0]


def test_a_profile_goes_before_exif(tmp_path: Path) -> None:
    image = rgb(MUTED).copy()
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd2-ColorSpace", "65535")
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd4-InteroperabilityIndex", "R03")
    path = save(image, tmp_path / "p.jpg", Q=100, subsample_mode="off", profile="srgb")
    assert mean_off(path) < 1 and not canvas.inspect(path).notes


@pytest.mark.parametrize("power", [1.0, 1.8, 2.6])
def test_gamma_of_png(tmp_path: Path, power: float) -> None:
    image = encoded(encodings.Encoding(""), power)
    path = png_with(tmp_path / "p.png", image, gama(power))
    assert far(path) < 0.5
    assert f"gamma {power:g}" in canvas.inspect(path).notes[0]


def test_grey_pngs_have_gamma_too(tmp_path: Path) -> None:
    half = pyvips.Image.black(40, 30) + 55  # of 255: linear light of 128 in sRGB
    path = png_with(tmp_path / "p.png", half.cast("uchar").copy(interpretation="b-w"), gama(1.0))
    assert abs(prepared(path, 40, 30)[0, 0] * 255 - 128).max() < 1


def test_primaries_of_png(tmp_path: Path) -> None:
    p3 = encodings.Encoding("", *encodings.CICP_PRIMARIES[12][1:])
    points = chrm(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    path = png_with(tmp_path / "p.png", encoded(p3), points)
    assert far(path) < 0.5 and "primaries" in canvas.inspect(path).notes[0]


@pytest.mark.parametrize("primaries", [9, 11, 12])
def test_cicp_of_png(tmp_path: Path, primaries: int) -> None:
    wide = encodings.Encoding("", *encodings.CICP_PRIMARIES[primaries][1:])
    # What else there is counts less.
    chunks = (b"cICP", bytes([primaries, 13, 0, 1])), gama(1.0)
    path = png_with(tmp_path / "p.png", encoded(wide), *chunks)
    assert far(path) < 0.5
    assert encodings.CICP_PRIMARIES[primaries][0] in canvas.inspect(path).notes[0]


@pytest.mark.parametrize("numbers", [(9, 16, 0, 1), (9, 18, 0, 1), (1, 13, 0, 0), (99, 13, 0, 1)])
def test_what_cicp_cannot_be_converted_is_refused(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    path = png_with(tmp_path / "p.png", rgb(), (b"cICP", bytes(numbers)))
    with pytest.raises(InputImageError, match=r"cICP.*export it in sRGB"):
        canvas.inspect(path)


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (gama(2.2), chrm(*SRGB_POINTS)),
        (gama(2.2),),
        ((b"sRGB", b"\0"), gama(1.0)),
        ((b"gAMA", bytes(4)),),
        ((b"gAMA", b"x"),),
        (chrm(0, 0, 0, 0, 0, 0, 0, 0),),
        (chrm(31270, 32900, *[30000] * 6),),
        ((b"cICP", bytes([1, 13, 0, 1])),),
    ],
)
def test_srgb_by_other_names_and_nonsense_leave_pixels_as_they_are(
    tmp_path: Path, chunks: tuple[tuple[bytes, bytes], ...]
) -> None:
    path = png_with(tmp_path / "p.png", rgb(), *chunks)
    assert np.array_equal(prepared(path), prepared(save(rgb(), tmp_path / "q.png")))
    assert not canvas.inspect(path).notes


# ---- Lab


def lab_array() -> np.ndarray:
    return rgb(MUTED).colourspace("lab").numpy().astype(float)


@pytest.mark.parametrize("kind", ["signed", "offset", "16 bits"])
def test_lab_tiffs_are_converted(tmp_path: Path, kind: str) -> None:
    light, a, b = np.moveaxis(lab_array(), -1, 0)
    if kind == "16 bits":
        parts = [light * 655.35, (a * 256) % 65536, (b * 256) % 65536]
        page = tiff_page(np.stack(parts, -1).round().astype(np.uint16), 8)
    elif kind == "signed":
        parts = [light * 2.55, a % 256, b % 256]
        page = tiff_page((np.stack(parts, -1).round() % 256).astype(np.uint8), 8)
    else:
        parts = [light * 2.55, a + 128, b + 128]
        page = tiff_page(np.stack(parts, -1).round().astype(np.uint8), 9)
    path = tmp_path / "p.tif"
    path.write_bytes(tiff(page))
    assert far(path) < (1 if kind == "16 bits" else 4)
    big_endian = tmp_path / "q.tif"
    if kind == "16 bits":
        save(rgb(MUTED).colourspace("labs"), big_endian)
        assert far(big_endian) < 1


def test_half_a_lab_tiff_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.tif"
    data = tiff(tiff_page(MUTED, 8))
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputImageError):
        prepared(path)


# ---- a band beyond the colours


def four_bands(path: Path, value: int, extra: int | None) -> Path:
    band = np.full((*MUTED.shape[:2], 1), value, np.uint8)
    path.write_bytes(tiff(tiff_page(np.concatenate([MUTED, band], -1), extra=extra)))
    return path


@pytest.mark.parametrize(("value", "extra"), [(0, 0), (255, 0), (51, 0), (10, None)])
def test_what_is_no_transparency_is_left_out_and_said(
    tmp_path: Path, value: int, extra: int | None
) -> None:
    path = four_bands(tmp_path / "p.tif", value, extra)
    assert far(path) < 1e-3
    assert "channel 4" in canvas.inspect(path).notes[0]


def test_a_band_that_hides_little_counts_as_transparency(tmp_path: Path) -> None:
    path = four_bands(tmp_path / "p.tif", 204, None)
    assert np.allclose(prepared(path), MUTED / 255.0 * 0.8 + 0.2, atol=1e-6)
    assert not canvas.inspect(path).notes


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_transparency_of_tiff(tmp_path: Path, kind: type) -> None:
    straight = prepared(four_bands(tmp_path / "p.tif", 51, 2))
    assert np.allclose(straight, MUTED / 255.0 * 0.2 + 0.8, atol=1e-6)
    full = np.iinfo(kind).max
    multiplied = (MUTED / 255.0 * 0.2 * full).round().astype(kind)
    band = np.full((*MUTED.shape[:2], 1), full // 5, kind)
    page = tiff_page(np.concatenate([multiplied, band], -1), extra=1)
    (tmp_path / "q.tif").write_bytes(tiff(page))
    assert np.abs(prepared(tmp_path / "q.tif") - straight).max() < 1 / 255
