"""Image files of every kind, made on the spot."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from stages import canvas
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
