"""Files that people and attackers give: each a name, how it is made, and what must come of it."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

WIDTH, HEIGHT = 80, 60
Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """`make` writes the file into a folder; `code` is the exit code, `says` is in the message.

    A `bomb` must be refused by its header, before any pixel is decoded.
    """

    name: str
    make: Make
    code: int = 15
    says: str = ""
    bomb: bool = False


# ---- pictures


def pixels(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A ramp with noise, which does not compress away."""
    y, x = np.mgrid[0:height, 0:width]
    ramp = np.stack([x * 200 // width, y * 200 // height, 0 * x + 100], -1)
    return (ramp + np.random.default_rng(1).integers(0, 50, ramp.shape)).astype(np.uint8)


def picture(width: int = WIDTH, height: int = HEIGHT) -> Any:
    return pyvips.Image.new_from_array(pixels(width, height)).copy(interpretation="srgb")


def saved(name: str, change: Callable[[Any], Any] = lambda image: image, **options: Any) -> Make:
    """A picture, changed, saved under a name whose suffix is the format."""

    def make(folder: Path) -> Path:
        path = folder / name
        change(picture()).write_to_file(str(path), **options)
        return path

    return make


def sized(width: int, height: int, name: str = "p.png") -> Make:
    return saved(name, lambda _: picture(width, height))


def raw(name: str, data: bytes | Callable[[], bytes]) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data if isinstance(data, bytes) else data())
        return path

    return make


def cut(make: Make, percent: int) -> Make:
    def made(folder: Path) -> Path:
        path = make(folder)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) * percent // 100])
        return path

    return made


def changed(make: Make, change: Callable[[bytes], bytes]) -> Make:
    def made(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return made


def renamed(make: Make, name: str) -> Make:
    return lambda folder: make(folder).rename(folder / name)


def flag(field: str, value: Any, kind: Any = None) -> Callable[[Any], Any]:
    """Sets a metadata field."""

    def change(image: Any) -> Any:
        image = image.copy()
        image.set_type(kind or pyvips.GValue.gint_type, field, value)
        return image

    return change


def values(array: Any, kind: str = "scrgb") -> Any:
    return pyvips.Image.new_from_array(np.asarray(array, np.float32)).copy(interpretation=kind)


def with_value(value: float) -> Any:
    array = pixels() / np.float32(255)
    array[7, 5, 1] = value
    return values(array)


def pages(image: Any) -> Any:
    return flag("page-height", HEIGHT)(image.join(image.invert(), "vertical"))


# ---- files made by hand


def chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width: int, height: int, *, interlaced: int = 0, more: bytes = b"") -> bytes:
    """A PNG that promises many pixels and holds almost none."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced)
    body = more + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def jpeg(width: int, height: int) -> bytes:
    tables = b"\xff\xdb\x00\x43\x00" + bytes([1] * 64)
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"
    return b"\xff\xd8" + tables + b"\xff\xc0\x00\x11" + frame + scan + bytes(200)


def gif(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    image = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"
    return b"GIF89a" + screen + image


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    lossless = b"VP8L" + struct.pack("<I", 6) + b"\x2f" + bytes(5)
    body = b"WEBP" + extended + lossless
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(
    width: int,
    height: int,
    bands: int = 3,
    strip: int = 8,
    after: int = 0,
    more: Sequence[tuple[int, int, int]] = (),
) -> bytes:
    """A TIFF of one strip at `strip`; `after` is where the next directory is said to be."""
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 2),
        (273, 4, strip), (277, 3, bands), (278, 4, height), (279, 4, 1000), (284, 3, 1), *more,
    ]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + body + struct.pack("<I", after)


def heif(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand + bytes(300)


def zeros(megabytes: int) -> bytes:
    """Many zeros in few bytes."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def patched(place: int, data: bytes) -> Callable[[bytes], bytes]:
    return lambda old: old[:place] + data + old[place + len(data) :]


# ---- things that are no plain files


def link(target: str) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "link.png"
        path.symlink_to(target)
        return path

    return make


def linked(folder: Path) -> Path:
    return link(saved("target.png")(folder).name)(folder)


def through_parents(folder: Path) -> Path:
    (folder / "a").mkdir()
    saved("p.png")(folder)
    return folder / "a" / ".." / "p.png"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.jpg")
    return folder / "pipe.jpg"


def sparse(folder: Path) -> Path:
    path = folder / "sparse.jpg"
    with path.open("wb") as file:
        file.truncate(1 << 36)
    return path


def made_folder(folder: Path) -> Path:
    (folder / "folder.jpg").mkdir()
    return folder / "folder.jpg"


def missing(name: str) -> Make:
    return lambda folder: folder / name


_icc = partial(flag, "icc-profile-data", kind=pyvips.GValue.blob_type)
_JPEG, _PNG, _TIFF = saved("p.jpg"), saved("p.png"), saved("p.tif")
_WHOLE = {
    "JPEG": _JPEG,
    "progressive JPEG": saved("p.jpg", interlace=True),
    "PNG": _PNG,
    "interlaced PNG": saved("p.png", interlace=True),
    "TIFF": _TIFF,
    "LZW TIFF": saved("p.tif", compression="lzw"),
    "WebP": saved("p.webp"),
    "GIF": saved("p.gif"),
}

USABLE = [
    *(Case(name, make, 0) for name, make in _WHOLE.items()),
    *(Case(f"orientation {n}", saved("p.jpg", flag("orientation", n)), 0) for n in range(1, 9)),
    Case("orientation 99", saved("p.tif", flag("orientation", 99)), 0),
    Case("CMYK JPEG", saved("p.jpg", lambda image: image.colourspace("cmyk")), 0),
    Case("CMYK TIFF", saved("p.tif", lambda image: image.colourspace("cmyk")), 0),
    Case("grey", saved("p.png", lambda image: image.colourspace("b-w")), 0),
    Case("grey and alpha", saved("p.png", lambda i: i.colourspace("b-w").bandjoin(9)), 0),
    Case("bilevel", saved("p.tif", lambda i: i.colourspace("b-w") > 99, bitdepth=1), 0),
    Case("16 bits", saved("p.png", lambda image: image.colourspace("rgb16")), 0),
    Case("float", saved("p.tif", lambda image: image.colourspace("scrgb")), 0),
    Case("Lab", saved("p.tif", lambda image: image.colourspace("lab")), 0),
    Case("palette", saved("p.png", palette=True), 0),
    Case("transparent", saved("p.png", lambda image: image.bandjoin(0)), 0),
    Case("Display P3", saved("p.png", lambda i: i.icc_transform("p3", input_profile="srgb")), 0),
    Case("corrupt profile", saved("p.tif", _icc(b"no profile" * 30)), 0),
    Case("profile of one byte", saved("p.jpg", _icc(b"x")), 0),
    Case("profile of 5 MB", saved("p.tif", _icc(bytes(5_000_000))), 0),
    Case("animated GIF", saved("p.gif", pages), 0),
    Case("animated WebP", saved("p.webp", pages), 0),
    Case("TIFF of two pages", saved("p.tif", pages), 0),
    Case("tiled TIFF", saved("p.tif", tile=True, tile_width=16, tile_height=16), 0),
    Case("BigTIFF", saved("p.tif", bigtiff=True), 0),
    Case("smallest", sized(16, 16), 0),
    Case("garbage behind", changed(_JPEG, lambda data: data + b"garbage" * 999), 0),
    Case("wrong extension", renamed(_PNG, "p.jpg"), 0),
    Case("no extension", renamed(_PNG, "p"), 0),
    Case("spaces", renamed(_PNG, " my  photo .png"), 0),
    Case("Unicode", renamed(_PNG, "фото 写真 📷 é.png"), 0),
    Case("leading dashes", renamed(_PNG, "--force.png"), 0),
    Case("newline in the name", renamed(_PNG, "two\nlines.png"), 0),
    Case("markup in the name", renamed(_PNG, "[red]p[red] %s {0} $(id).png"), 0),
    Case("brackets of loaders", renamed(_PNG, "p.png[access=random,fail_on=none]"), 0),
    Case("no Unicode", renamed(_PNG, os.fsdecode(b"caf\xe9.png")), 0),
    Case("link", linked, 0),
    Case("..", through_parents, 0),
]

REFUSED = [
    *(
        Case(f"{name} cut to {percent} %", cut(make, percent))
        for name, make in _WHOLE.items()
        for percent in (1, 25, 60, 97)
    ),
    Case("0 bytes", raw("p.jpg", b""), says="empty"),
    Case("1 byte", raw("p.jpg", b"\xff")),
    Case("text", raw("p.jpg", b"hello\n" * 99)),
    Case("zeros", raw("p.png", bytes(9999))),
    Case("noise", raw("p.jpg", np.random.default_rng(0).bytes(9999))),
    Case("web page", raw("p.jpg", b"<!doctype html><html><body>404</body></html>")),
    Case("SVG", raw("p.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>')),
    Case("SVG named PNG", raw("p.png", b'<svg><image href="file:///etc/passwd"/></svg>')),
    Case("PDF", raw("p.pdf", b"%PDF-1.4\n%%EOF\n")),
    Case("PostScript", raw("p.jpg", b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n")),
    Case("BMP", raw("p.bmp", b"BM" + bytes(200))),
    Case("PSD", raw("p.psd", b"8BPS\0\1" + bytes(200))),
    Case("PPM", raw("p.ppm", b"P6 20 20 255\n" + bytes(1200))),
    Case("CSV", raw("p.csv", b"1,2\n3,4\n")),
    Case("libvips", raw("p.v", b"\x08\xf2\xa6\xb6" + bytes(200))),
    Case("FITS", raw("p.fits", b"SIMPLE  =                    T" + bytes(3000))),
    Case("JPEG 2000", raw("p.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200))),
    Case("OpenEXR", raw("p.exr", b"v/1\x01" + bytes(200))),
    Case("camera raw", raw("p.cr2", b"II*\0\x10\0\0\0CR\2\0" + bytes(200)), says="camera raw"),
    Case("TIFF named as a raw", renamed(_TIFF, "p.nef"), says="camera raw"),
    Case("TIFF whose SubIFDs lie outside", raw("p.tif", tiff(80, 60, more=[(330, 4, 10**6)]))),
    Case(
        "PNG of HDR",
        raw("p.png", png(80, 60, more=chunk(b"cICP", bytes([9, 16, 0, 1])))),
        says="cICP",
    ),
    Case("HEIC", raw("p.heic", heif(b"heic")), says="JPEG, PNG"),
    Case("AVIF", raw("p.avif", heif(b"avif")), says="JPEG, PNG"),
    Case("PNG of 65,000 x 65,000", raw("p.png", png(65_000, 65_000)), bomb=True, says="megapixels"),
    Case("PNG of 2^31 x 2^31", raw("p.png", png(2**31 - 1, 2**31 - 1)), bomb=True),
    Case("PNG of 0 x 0", raw("p.png", png(0, 0)), bomb=True),
    Case(
        "interlaced PNG of 20,000 x 20,000",
        raw("p.png", png(20_000, 20_000, interlaced=1)),
        bomb=True,
        says="decoded whole",
    ),
    Case("PNG of 30,000 x 30,000", raw("p.png", png(30_000, 30_000))),
    Case("JPEG of 65,000 x 65,000", raw("p.jpg", jpeg(65_000, 65_000)), bomb=True),
    Case("GIF of 65,000 x 65,000", raw("p.gif", gif(65_000, 65_000)), bomb=True),
    Case("WebP of 16,000 x 16,000", raw("p.webp", webp(16_000, 16_000)), bomb=True),
    Case("TIFF of 100,000 x 100,000", raw("p.tif", tiff(100_000, 100_000)), bomb=True),
    Case("TIFF of 4e9 x 4e9", raw("p.tif", tiff(2**32 - 1, 2**32 - 1)), bomb=True),
    Case("TIFF whose strip lies outside", raw("p.tif", tiff(80, 60, strip=10**6))),
    Case("TIFF of 60,000 channels", raw("p.tif", tiff(80, 60, bands=60_000)), bomb=True),
    Case("TIFF that points to itself", raw("p.tif", tiff(80, 60, after=8))),
    Case("TIFF without a directory", raw("p.tif", b"II*\0\xff\xff\xff\x7f")),
    Case(
        "200 MB in a profile",
        raw("p.png", lambda: png(80, 60, more=chunk(b"iCCP", b"x\0\0" + zeros(200)))),
    ),
    Case(
        "200 MB in a text",
        raw("p.png", lambda: png(80, 60, more=chunk(b"zTXt", b"x\0\0" + zeros(200)))),
    ),
    Case("PNG, a wrong checksum", changed(_PNG, lambda data: data[:-30] + b"xxxx" + data[-26:])),
    Case("PNG, another size", changed(_PNG, patched(16, struct.pack(">II", 800, 600)))),
    Case("NaN", saved("p.tif", lambda _: with_value(np.nan)), says="no numbers"),
    Case("infinity", saved("p.tif", lambda _: with_value(np.inf)), says="no numbers"),
    Case("float of 0 to 255", saved("p.tif", lambda i: values(i.numpy())), says="between 0 and 1"),
    Case("five channels", saved("p.tif", lambda image: image.bandjoin([1, 2])), says="channels"),
    Case("signed", saved("p.tif", lambda image: image.cast("short")), says="short"),
    Case("complex", saved("p.tif", lambda image: image.extract_band(0).cast("complex"))),
    Case("1 x 1", sized(1, 1), says="16 px"),
    Case("1 x 5000", sized(1, 5000), says="16 px"),
    Case("5000 x 15", sized(5000, 15), says="16 px"),
    Case("missing", missing("none.jpg"), says="no such file"),
    Case("missing, with a newline", missing("no\nne.jpg"), says="no such file"),
    Case("a name of 300", missing("x" * 300)),
    Case("a path of 5000", missing("/".join(["y"] * 2500))),
    Case("below a file", lambda folder: _PNG(folder) / "p.png"),
    Case("folder", made_folder, says="a folder"),
    Case("pipe", pipe, says="regular"),
    Case("device that never ends", link("/dev/zero"), says="regular"),
    Case("/dev/null", link("/dev/null"), says="regular"),
    Case("broken link", link("nothing")),
    Case("link to itself", link("link.png")),
    Case("link to a system's file", link("/proc/self/environ")),
    Case("64 GB of nothing", sparse, bomb=True),
]
