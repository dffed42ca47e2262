"""Image files of every kind, made on the spot."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from stages import canvas
from stages.errors import InputImageError
from stages.tiles import Size

WIDTH, HEIGHT = 160, 120


def gradient(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Red grows to the right, green downwards, blue is 128."""
    y, x = np.mgrid[0:height, 0:width]
    blue = np.full_like(x, 128)
    return np.stack([x * 255 // width, y * 255 // height, blue], -1).astype(np.uint8)


def rgb(array: NDArray[Any] | None = None) -> Any:
    image = pyvips.Image.new_from_array(gradient() if array is None else array)
    return image.copy(interpretation="srgb")


def noisy(width: int = WIDTH, height: int = HEIGHT) -> Any:
    """A picture that does not compress away, so that cutting a file cuts pixels."""
    generator = np.random.default_rng(1)
    noise = generator.integers(-40, 40, (height, width, 3))
    return rgb(np.clip(gradient(width, height) + noise, 0, 255).astype(np.uint8))


def save(image: Any, path: Path, **options: object) -> Path:
    image.write_to_file(str(path), **options)
    return path


def prepared(path: Path, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.float32]:
    """The file as the prepare stage hands it on."""
    dst = path.with_name("prepared.npy")
    canvas.prepare_photo(path, dst, Size(width, height))
    return canvas.read(dst)


def random_canvas(path: Path, width: int, height: int, seed: int = 0) -> NDArray[np.float32]:
    pixels = np.random.default_rng(seed).random((height, width, 3), np.float32)
    canvas.write(path, pixels)
    return pixels


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises many pixels and holds almost none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def tiff_page(
    data: NDArray[Any],
    photometric: int = 2,
    *,
    subfile: int | None = None,
    extra: int | None = None,
    more: dict[int, int] | None = None,
) -> dict[int, tuple[int, ...] | bytes]:
    """Tags of a TIFF page of an array (height, width, samples), the pixels under 273."""
    height, width, samples = data.shape
    bits = data.dtype.itemsize * 8
    tags: dict[int, tuple[int, ...] | bytes] = {
        256: (width,), 257: (height,), 258: (bits,) * samples, 259: (1,), 262: (photometric,),
        273: data.astype(data.dtype.newbyteorder("<")).tobytes(), 277: (samples,), 278: (height,),
        279: (data.nbytes,), 284: (1,),
    }  # fmt: skip
    tags |= {254: (subfile,)} if subfile is not None else {}
    tags |= {338: (extra,)} if extra is not None else {}
    return tags | {tag: (value,) for tag, value in (more or {}).items()}


def tiff(*pages: dict[int, tuple[int, ...] | bytes]) -> bytes:
    """A little-endian TIFF of those pages."""
    out = b"II*\0" + struct.pack("<I", 8)
    for number, tags in enumerate(pages, start=1):
        behind = len(out) + 2 + 12 * len(tags) + 4
        entries, values = b"", b""
        for tag, value in sorted(tags.items()):
            if isinstance(value, bytes):
                entries += struct.pack("<HHII", tag, 4, 1, behind + len(values))
                values += value
            elif len(value) > 2:
                at = behind + len(values)
                entries += struct.pack("<HHII", tag, 3, len(value), at)
                values += struct.pack(f"<{len(value)}H", *value)
            elif len(value) == 2:
                entries += struct.pack("<HHIHH", tag, 3, 2, *value)
            else:
                entries += struct.pack("<HHII", tag, 4, 1, value[0])
        values += bytes(len(values) % 2)
        following = behind + len(values) if number < len(pages) else 0
        out += struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + values
    return out


def png_with(path: Path, image: Any, *chunks: tuple[bytes, bytes]) -> Path:
    """The image as a PNG without a profile, with chunks before its pixels."""
    data = image.pngsave_buffer(keep="none")
    more = b""
    for kind, inside in chunks:
        checksum = struct.pack(">I", zlib.crc32(kind + inside))
        more += struct.pack(">I", len(inside)) + kind + inside + checksum
    path.write_bytes(data[:33] + more + data[33:])
    return path


def refusal(path: Path) -> str:
    """The message of a refusal: one line, at once, naming the file, nothing written."""
    start = time.perf_counter()
    with pytest.raises(InputImageError) as caught:
        canvas.prepare_photo(path, path.parent / "refused.npy", Size(WIDTH, HEIGHT))
    assert time.perf_counter() - start < 5.0
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    return message
