"""Whose a photograph is: EXIF, TIFF tags, XMP, IPTC; and what of its camera is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
import pyvips

from stages import canvas
from stages.canvas.printed import tags

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>Ann</rdf:li>
 <rdf:li>Ben</rdf:li></rdf:Seq></dc:creator><dc:rights><rdf:Alt><rdf:li>© Ann</rdf:li></rdf:Alt>
 </dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>"""
EXIF = {
    "exif-ifd0-Artist": "Ann (nee B) (.)",
    "exif-ifd0-Copyright": "(c) Ann (.)",
    "exif-ifd0-Make": "Acme",
    "exif-ifd3-GPSLatitude": "52/1 30/1 0/1",
    "exif-ifd3-GPSLatitudeRef": "N",
}


def written(path: Path, texts: dict[str, str] | None = None, **blobs: bytes) -> Path:
    image = pyvips.Image.black(32, 24, bands=3).copy(interpretation="srgb")
    for name, text in (texts or {}).items():
        image.set_type(pyvips.GValue.gstr_type, name, text)
    for name, data in blobs.items():
        image.set_type(pyvips.GValue.blob_type, f"{name}-data", data)
    image.write_to_file(str(path))
    return path


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_exif(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / f"p.{kind}", EXIF)
    found = canvas.credits(path)
    assert found == canvas.Credits("Ann (nee B)", "(c) Ann")
    camera = canvas.credits(path, camera=True).camera
    assert "exif-ifd0-Make" in camera and "exif-ifd3-GPSLatitude" in camera
    assert not {"exif-ifd0-Artist", "exif-ifd0-Orientation", "exif-ifd0-XResolution"} & set(camera)


def test_xmp(tmp_path: Path) -> None:
    path = written(tmp_path / "p.jpg", xmp=XMP.encode())
    assert canvas.credits(path) == canvas.Credits("Ann, Ben", "© Ann")


@pytest.mark.parametrize(
    "packet",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + XMP.encode(),
        XMP.encode()[:-20],
        b"\xff\xfe",
        XMP.encode() + b" " * 2_000_000,
    ],
)
def test_xmp_that_is_odd_counts_as_none(tmp_path: Path, packet: bytes) -> None:
    assert canvas.credits(written(tmp_path / "p.tif", xmp=packet)) == canvas.Credits()


def test_iptc(tmp_path: Path) -> None:
    data = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in ((80, b"Ann"), (116, "© Ann".encode()), (120, b"a caption"))
    )
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(data).to_bytes(4, "big") + data
    assert canvas.credits(written(tmp_path / "p.jpg", iptc=block)) == canvas.Credits("Ann", "© Ann")


@pytest.mark.parametrize("big", [False, True])
def test_tiff_tags(tmp_path: Path, big: bool) -> None:
    path = tmp_path / "p.tif"
    pyvips.Image.black(32, 24, bands=3).tiffsave(str(path), bigtiff=big)
    assert canvas.credits(path) == canvas.Credits()
    tags.add_texts(path, {tags.ARTIST: "Zoë\nLine", tags.COPYRIGHT: "A"})
    assert canvas.credits(path) == canvas.Credits("Zoë Line", "A")


def test_what_the_camera_wrote_comes_back_as_it_was(tmp_path: Path) -> None:
    photo = written(tmp_path / "p.jpg", EXIF)
    camera = canvas.credits(photo, camera=True).camera
    canvas.prepare_photo(photo, tmp_path / "c.npy", canvas.inspect(photo).size)
    form = canvas.PrintFormat(said=canvas.Metadata(camera=camera))
    canvas.write_jpeg(tmp_path / "c.npy", tmp_path / "print.jpg", form)
    image = pyvips.Image.new_from_file(str(tmp_path / "print.jpg"))
    assert image.get("exif-ifd3-GPSLatitude").startswith("52/1 30/1 0/1")
    assert image.get("exif-ifd0-Make").startswith("Acme")
    assert camera["exif-ifd0-Make"] == "Acme"
