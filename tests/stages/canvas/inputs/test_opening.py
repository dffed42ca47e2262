"""Camera raws, and TIFFs of several pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import HEIGHT, WIDTH, gradient, prepared, rgb, save, tiff, tiff_page

from stages import canvas
from stages.canvas.inputs import tiffs
from stages.errors import InputImageError
from stages.tiles import Size

THUMBNAIL = np.full((48, 64, 3), 200, np.uint8)
EXACT = gradient() / 255.0


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("p.tif", tiff(tiff_page(gradient()[..., :1], 32803))),  # a sensor's data
        ("p.tif", tiff(tiff_page(THUMBNAIL, subfile=1), tiff_page(gradient(), 34892))),
        ("p.tif", tiff(tiff_page(THUMBNAIL, subfile=1, more={50706: 0x401}))),  # DNGVersion
        ("p.NEF", tiff(tiff_page(THUMBNAIL))),
        ("p.arw", tiff(tiff_page(THUMBNAIL, subfile=1))),
        ("p.cr2", b"II*\0\x10\0\0\0CR\2\0" + bytes(200)),
        ("p", b"II*\0\x10\0\0\0CR\2\0" + bytes(200)),
        ("p.cr3", b"\0\0\0\x18ftypcrx " + bytes(200)),
        ("p.jpg", b"FUJIFILMCCD-RAW 0201" + bytes(200)),
        ("p.orf", b"IIRO" + bytes(200)),
        ("p.rw2", b"IIU\0" + bytes(200)),
        ("p.raw", bytes(999)),
    ],
)
def test_camera_raws_are_refused_by_name(tmp_path: Path, name: str, data: bytes) -> None:
    path = written(tmp_path / name, data)
    with pytest.raises(InputImageError, match=r"camera raw file.*export it.*16-bit TIFF"):
        canvas.inspect(path)


def test_the_sensor_may_lie_below_the_page(tmp_path: Path) -> None:
    outer = tiff_page(THUMBNAIL, subfile=1)
    plain = tiff(outer | {330: (0,)})
    inner = tiff(tiff_page(gradient()[..., :1], 32803))[8:]
    data = tiff(outer | {330: (len(plain),)}) + inner
    with pytest.raises(InputImageError, match="camera raw"):
        canvas.inspect(written(tmp_path / "p.tif", data))


def test_a_picture_under_a_raws_name_is_a_picture(tmp_path: Path) -> None:
    path = save(rgb(), tmp_path / "p.png").rename(tmp_path / "p.nef")
    assert canvas.inspect(path).format == "PNG"


@pytest.mark.parametrize("flagged", [True, False])
def test_of_a_thumbnail_and_a_picture_the_picture_is_taken_and_said(
    tmp_path: Path, flagged: bool
) -> None:
    first = tiff_page(THUMBNAIL, subfile=1 if flagged else None)
    path = written(tmp_path / "p.tif", tiff(first, tiff_page(gradient())))
    facts = canvas.inspect(path)
    assert facts.size == Size(WIDTH, HEIGHT)
    assert [f"page 2 of 2 is taken, {WIDTH}x{HEIGHT} px" in note for note in facts.notes] == [True]
    assert np.allclose(prepared(path), EXACT, atol=1e-6)


def test_of_equal_pages_the_first_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path / "p.tif", tiff(tiff_page(gradient()), tiff_page(255 - gradient())))
    assert "page 1 of 2" in canvas.inspect(path).notes[0]
    assert np.allclose(prepared(path), EXACT, atol=1e-6)


def test_smaller_copies_behind_the_picture_do_not_matter(tmp_path: Path) -> None:
    data = tiff(tiff_page(gradient()), tiff_page(THUMBNAIL, subfile=1))
    assert np.allclose(prepared(written(tmp_path / "p.tif", data)), EXACT, atol=1e-6)


def test_a_mere_thumbnail_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "p.tif", tiff(tiff_page(THUMBNAIL, subfile=1)))
    with pytest.raises(InputImageError, match=r"64x48 px.*export it again"):
        canvas.inspect(path)


@pytest.mark.parametrize("length", [0, 3, 7, 9, 20, 60, 100])
def test_directories_cut_short_are_no_pages(tmp_path: Path, length: int) -> None:
    data = tiff(tiff_page(gradient()))
    assert tiffs.pages(written(tmp_path / "p.tif", data[:length])) == []


def test_big_and_other_endian_tiffs_have_pages_too(tmp_path: Path) -> None:
    big = save(rgb(), tmp_path / "b.tif", bigtiff=True)
    (page,) = tiffs.pages(big)
    assert (page.width, page.height, page.samples, page.bits) == (WIDTH, HEIGHT, 3, 8)
    head = b"MM\0*\0\0\0\x08\0\x01" + b"\x01\0\0\x03\0\0\0\x01\x01\x23\0\0" + bytes(4)
    assert tiffs.pages(written(tmp_path / "m.tif", head))[0].width == 0x123
