"""Files opened as libvips images: what cannot be used is refused, of pages the whole one taken."""

from __future__ import annotations

import io
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.canvas import _vips
from stages.canvas.inputs import tiffs
from stages.canvas.inputs.tiffs import Page
from stages.errors import InputImageError

_RAW_NAMES = (
    ".3fr", ".ari", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".dcr", ".dcs", ".dng",
    ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw",
    ".orf", ".pef", ".ptx", ".pxn", ".r3d", ".raf", ".raw", ".rw2", ".rwl", ".rwz", ".sr2",
    ".srf", ".srw", ".x3f",
)  # fmt: skip
_RAW_HEADS = (
    b"II*\0\x10\0\0\0CR", b"HEAPCCDR", b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0",
    b"FOVb", b"\0MRM",
)  # fmt: skip
_OTHERS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8")  # pictures, whatever their names say


@dataclass(frozen=True)
class Opened:
    """An image whose pixels come from top to bottom, once; its TIFF page, and what to tell."""

    image: Any
    page: Page | None = None
    notes: tuple[str, ...] = ()


def opened(path: Path) -> Opened:
    """The image of a file, its header read.

    Raises: `InputImageError` if it is missing, no image, a camera raw, or of several pages none
    is the picture.
    """
    head = _head(path)
    if _is_raw(path, head):
        raise _raw(path)
    found = tiffs.pages(path) if head[:2] in (b"II", b"MM") else []
    number, notes = _chosen(path, found)
    page = found[number] if found else None
    return Opened(_image(path, number, page), page, notes)


def _head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises: `InputImageError` if there are none.
    """
    try:
        kind = path.stat()
        if stat.S_ISDIR(kind.st_mode):
            raise InputImageError(f"{path}: a folder; name an image file in it")
        if not stat.S_ISREG(kind.st_mode):
            raise InputImageError(f"{path}: not a regular file; name an image file")
        if kind.st_size == 0:
            raise InputImageError(f"{path}: the file is empty; copy it again")
        with path.open("rb") as file:
            return file.read(32)
    except FileNotFoundError:
        raise InputImageError(f"{path}: no such file; check the name") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise InputImageError(f"{path}: cannot be read ({why}); check its permissions") from None
    except ValueError as error:  # a null byte in the name
        raise InputImageError(f"{path!r}: no file has such a name ({error})") from None


def _is_raw(path: Path, head: bytes) -> bool:
    """Whether a file is a camera's by its first bytes, or by its name if it may be one."""
    if head.startswith(_RAW_HEADS) or head[4:11] == b"ftypcrx":
        return True
    return path.suffix.lower() in _RAW_NAMES and not head.startswith(_OTHERS)


def _raw(path: Path) -> InputImageError:
    kind = path.suffix.lstrip(".").upper() or "no suffix"
    return InputImageError(
        f"{path}: a camera raw file ({kind}), not a finished picture; export it from a raw "
        "converter as a 16-bit TIFF or a JPEG, and name that"
    )


def _chosen(path: Path, pages: list[Page]) -> tuple[int, tuple[str, ...]]:
    """The number of the page that is the picture, from 0, and what to say of that.

    Raises: `InputImageError` for a raw, or if no page is a whole picture.
    """
    if any(page.raw for page in pages):
        raise _raw(path)
    if len(pages) < 2 and not (pages and pages[0].reduced):
        return 0, ()
    whole = [n for n, page in enumerate(pages) if not page.reduced and not page.mask]
    if not whole:
        raise InputImageError(
            f"{path}: holds no whole picture, only thumbnails or masks (the first of "
            f"{pages[0].width}x{pages[0].height} px); export it again as a TIFF of one page"
        )
    number = max(whole, key=lambda n: (pages[n].pixels, -n))
    page = pages[number]
    of = f"page {number + 1} of {len(pages)} is taken, {page.width}x{page.height} px"
    return number, (f"{path}: {of}",)


def _image(path: Path, number: int, page: Page | None) -> Any:
    """The libvips image of one page."""
    options: dict[str, object] = {"page": number} if number else {}
    try:
        if page is not None and page.photometric == tiffs.CIELAB and page.bits == 8:
            source = _as_rgb(path, page)
        else:
            with path.open("rb") as file:
                source = _vips.Source.new_from_descriptor(file.fileno())
        return _vips.Image.new_from_source(
            source, "", access="sequential", fail_on="error", **options
        )
    except OSError as error:
        raise InputImageError(f"{path}: cannot be read ({error.strerror})") from None
    except _vips.Error as error:
        why = _vips.reason(error)
        raise InputImageError(
            f"{path}: no whole image that can be read ({why}); use JPEG, PNG, TIFF or WebP"
        ) from None


def _as_rgb(path: Path, page: Page) -> Any:
    """A TIFF whose page says RGB instead of Lab: libvips cannot load Lab of 8 bits."""
    file = path.open("rb", buffering=0)
    value = struct.pack("<H" if page.little else ">H", 2)
    source = _vips.SourceCustom()

    def read(length: int) -> bytes:
        start = file.tell()
        data = bytearray(file.read(length))
        for n, byte in enumerate(value):
            place = page.photometric_at + n - start
            if 0 <= place < len(data):
                data[place] = byte
        return bytes(data)

    source.on_read(read)
    source.on_seek(lambda offset, whence: file.seek(offset, whence or io.SEEK_SET))
    return source
