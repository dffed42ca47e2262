"""libvips, set up once, and the two ways in which pixels leave it.

Nothing outside `stages.canvas` imports pyvips. The operation cache is off: it would hand out the
old pixels of a file that was replaced under the same name, and keep memory that small computers
need. Every loader is blocked but those for photographs that libvips' authors hold fit for
untrusted files, and the raw one that canvases and tiles come in by.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedRandom
from pathlib import Path
from typing import Any

import pyvips

from stages.errors import TilebrushError

_PHOTO_LOADERS = (
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadTiff",
    "VipsForeignLoadWebp",
    "VipsForeignLoadNsgif",
    "VipsForeignLoadHeif",
)
VERSION = f"{pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"

pyvips.cache_set_max(0)
pyvips.operation_block_set("VipsForeignLoad", True)
for _loader in (*_PHOTO_LOADERS, "VipsForeignLoadRaw"):
    pyvips.operation_block_set(_loader, False)

Image: Any = pyvips.Image
Source: Any = pyvips.Source
SourceCustom: Any = pyvips.SourceCustom
Error = pyvips.Error


def reason(error: pyvips.Error) -> str:
    """The first thing that libvips said went wrong, in one line."""
    lines = [line.strip() for line in str(error.detail or "").splitlines() if line.strip()]
    return lines[0] if lines else "pixels are missing"


class _Sink:
    """Lets libvips write into an open file and keeps the operating system's own error."""

    def __init__(self, file: BufferedRandom, skip: int) -> None:
        self.failure: BaseException | None = None
        self._skip = skip
        self.target = pyvips.TargetCustom()
        self.target.on_write(self._guarded(self._write))
        self.target.on_read(self._guarded(lambda length: file.read(length), failed=None))
        self.target.on_seek(self._guarded(lambda offset, whence: file.seek(offset, whence)))
        self.target.on_end(self._guarded(self._end))
        self._file = file

    def _write(self, data: Any) -> int:
        length = len(data)
        kept = memoryview(data)[self._skip :]
        self._skip = max(0, self._skip - length)
        self._file.write(kept)
        return length

    def _end(self) -> int:
        self._file.flush()
        return 0

    def _guarded(self, work: Callable[..., Any], failed: int | None = -1) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            try:
                return work(*arguments)
            except BaseException as error:  # libvips could only print it; `into` raises it again
                self.failure = self.failure or error
                return failed

        return call


def set_text(image: Any, field: str, value: str) -> None:
    """Set a metadata field of an image that is not shared."""
    image.set_type(pyvips.GValue.gstr_type, field, value)


def set_bytes(image: Any, field: str, value: bytes) -> None:
    """Set a metadata field of an image that is not shared."""
    image.set_type(pyvips.GValue.blob_type, field, value)


def get_bytes(image: Any, field: str) -> bytes:
    """A metadata field that holds bytes; none if it holds anything else."""
    value = image.get(field)
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""


def into(file: BufferedRandom, save: Callable[[pyvips.TargetCustom], None], skip: int = 0) -> None:
    """Run a saver on an open file, leaving out the first `skip` bytes that it writes.

    Raises: the `OSError` of a full or failing disk; `Error` for everything that libvips found.
    """
    sink = _Sink(file, skip)
    try:
        save(sink.target)
    except pyvips.Error as error:
        if sink.failure is not None:
            raise sink.failure from error
        raise
    if sink.failure is not None:
        raise sink.failure


def save(
    image: pyvips.Image,
    path: Path,
    kind: str,
    *,
    head: bytes = b"",
    skip: int = 0,
    did: Callable[[float], None] | None = None,
    **options: Any,
) -> None:
    """Save an image as `kind` ("tiff", "jpeg", "png"), its first `skip` bytes replaced by `head`.

    `did` is told how much of it is written, 0 to 1.
    Raises: `OSError` of a full or failing disk; `TilebrushError` for anything else.
    """
    if did is not None:
        image = _watched(image, did)
    saver = getattr(image, f"{kind}save_target")
    with path.open("w+b") as file:
        file.write(head)
        try:
            into(file, lambda target: saver(target, **options), skip)
        except pyvips.Error as error:
            raise TilebrushError(f"{path}: cannot be written ({reason(error)})") from None


def _watched(image: pyvips.Image, did: Callable[[float], None]) -> pyvips.Image:
    """The image, telling in whole hundredths how much of it is made."""
    told = [0]

    def hear(_: object, progress: Any) -> None:
        percent = int(progress.percent)
        if percent > told[0]:
            told[0] = percent
            did(percent / 100)

    image = image.copy()
    image.set_progress(True)
    image.signal_connect("eval", hear)
    return image
