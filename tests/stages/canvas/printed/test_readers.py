"""Print files as other programs read them: size, resolution, depth, profile, what they say."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import pyvips
from pictures import random_canvas

from stages import canvas
from stages.canvas.printed import tags

SAID = canvas.Metadata(
    title="Harbour & <light>, painted after Waves",
    artist="Zoë Ångström",
    copyright="© 2024 Zoë",
    tool="tilebrush 1.2.3",
    settings='style.scale=1.5; title="<&>"',
)
FORM = canvas.PrintFormat(dpi=381.0, said=SAID, compression="lzw")
SIZE, DPI = (600, 450), 381
WRITERS: dict[str, Callable[..., None]] = {
    "print.tif": canvas.write_tiff,
    "print.jpg": canvas.write_jpeg,
    "print.png": canvas.write_png,
    "archive.tif": canvas.write_archive,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prints")
    random_canvas(folder / "c.npy", *SIZE)
    for name, write in WRITERS.items():
        write(folder / "c.npy", folder / name, FORM)
    return folder


def said_by(program: str, *arguments: str) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", WRITERS)
def test_exiftool(folder: Path, name: str) -> None:
    (found,) = json.loads(said_by("exiftool", "-json", "-a", "-G1", str(folder / name)))
    flat: dict[str, object] = {}
    for key, value in found.items():  # the first page's go first
        flat.setdefault(key.partition(":")[2], value)
    assert (flat["ImageWidth"], flat["ImageHeight"]) == SIZE
    if name != "print.png":
        assert flat["XResolution"] == flat["YResolution"] == DPI
        assert flat["ResolutionUnit"] == "inches"
    else:
        assert found["PNG-pHYs:PixelsPerUnitX"] == round(DPI / 0.0254)
    assert found["XMP-dc:Title"] == SAID.title
    assert found["XMP-dc:Creator"] == SAID.artist
    assert found["XMP-dc:Rights"] == SAID.copyright
    assert found["XMP-xmp:CreatorTool"] == found["IFD0:Software"] == SAID.tool
    assert found["XMP-tilebrush:Settings"] == SAID.settings
    assert "sRGB" in flat["ProfileDescription"]
    if name.endswith(".tif"):
        assert (found["IFD0:Artist"], found["IFD0:Copyright"]) == (SAID.artist, SAID.copyright)
    assert not [key for key in flat if key.startswith("GPS") or key == "ThumbnailImage"]
    if name == "print.jpg":
        assert "4:4:4" in flat["YCbCrSubSampling"]


@pytest.mark.parametrize("name", ["print.tif", "archive.tif"])
def test_tiffinfo(folder: Path, name: str) -> None:
    said = said_by("tiffinfo", str(folder / name))
    pages = said.split("=== TIFF directory ")[1:]
    assert "Resolution: 381, 381 pixels/inch" in pages[0] and "Image Width: 600" in pages[0]
    assert "ICC Profile: <present>" in pages[0] and "Extra Samples" not in pages[0]
    if name == "print.tif":
        assert len(pages) == 1 and "Compression Scheme: LZW" in said and "Bits/Sample: 8" in said
        assert "Rows/Strip" in said
    else:
        assert len(pages) > 1 and "Tile Width: 256" in said and "Bits/Sample: 16" in said
    assert said_by("tiffdump", str(folder / name)).count("ClassicTIFF") == 1


@pytest.mark.parametrize("name", WRITERS)
def test_identify(folder: Path, name: str) -> None:
    asked = "%w %h %x %y %U %z %A %[colorspace]\n"
    words = said_by("identify", "-format", asked, f"{folder / name}[0]").split()
    across, down, unit = float(words[2]), float(words[3]), words[4]
    per_inch = 2.54 if unit == "PixelsPerCentimeter" else 1.0
    assert (int(words[0]), int(words[1])) == SIZE
    assert across * per_inch == pytest.approx(DPI, abs=0.02) == down * per_inch
    assert words[5] == ("16" if name == "archive.tif" else "8")
    assert words[6].lower() in ("undefined", "false", "off") and words[7] == "sRGB"


@pytest.mark.parametrize("name", WRITERS)
def test_pillow(folder: Path, name: str) -> None:
    if name == "archive.tif":
        pytest.skip("Pillow knows no colours of 16 bits")
    image = pytest.importorskip("PIL.Image").open(folder / name)
    image.load()
    assert (image.size, image.mode) == (SIZE, "RGB")
    assert [float(dpi) for dpi in image.info["dpi"]] == pytest.approx([DPI, DPI], abs=0.02)
    assert image.info["icc_profile"]
    exif = image.getexif()
    assert exif[tags.SOFTWARE] == SAID.tool and exif[tags.DESCRIPTION] == SAID.title
    assert "2024 Zo" in exif[tags.COPYRIGHT] and not exif.get_ifd(0x8825)
    across, down = (side / DPI * 2.54 for side in image.size)
    assert (across, down) == pytest.approx((4.0, 3.0))


def test_the_archive_has_the_same_pixels_and_smaller_copies(folder: Path) -> None:
    image = pyvips.Image.new_from_file(str(folder / "archive.tif"))
    assert (image.format, image.get("n-pages")) == ("ushort", 3)
    pixels = canvas.read(folder / "c.npy")
    assert abs(image.numpy() - pixels * 65535).max() <= 1.51
    half = pyvips.Image.new_from_file(str(folder / "archive.tif"), page=1)
    assert (half.width, half.height) == (300, 225)


def test_progress_is_told_to_the_end(folder: Path, tmp_path: Path) -> None:
    random_canvas(tmp_path / "c.npy", 900, 900)
    for name, write in WRITERS.items():
        told: list[float] = []
        write(tmp_path / "c.npy", tmp_path / name, FORM, told.append)
        assert told == sorted(told) and len(told) > 1 and 0.9 < told[-1] <= 1


@pytest.mark.parametrize("big", [False, True])
def test_texts_are_put_into_any_tiff(tmp_path: Path, big: bool) -> None:
    path = tmp_path / "p.tif"
    image = (pyvips.Image.black(40, 30, bands=3) + 7).cast("uchar")
    image.tiffsave(str(path), bigtiff=big, pyramid=True, tile=True)
    tags.add_texts(path, {tags.ARTIST: "Ann", tags.COPYRIGHT: "Ann, 2024", tags.SOFTWARE: ""})
    tags.add_texts(path, {tags.ARTIST: "Ben Berg"})
    assert pyvips.Image.new_from_file(str(path)).avg() == 7
    said = said_by("tiffinfo", str(path))
    assert "Artist: Ben Berg" in said and "Copyright: Ann, 2024" in said and "Ann\n" not in said
    with pytest.raises(ValueError, match="TIFF"):
        tags.add_texts(Path(__file__), {tags.ARTIST: "Ann"})
