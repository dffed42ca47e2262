"""Files that are there whole or not at all, whenever the process or the power dies.

Every write goes to a temporary name in the same directory, is flushed to the disk, and only then
renamed; the directory is flushed too, so that the rename outlives a power cut.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stages.errors import DiskFull, ResourceError, TilebrushError

TEMPORARY = ".part-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class Written:
    """What a finished file holds: SHA-256 in hex and length in bytes."""

    sha256: str
    bytes: int


def atomic_write(path: Path, write: Callable[[Path], None]) -> Written:
    """Let `write` fill a temporary file beside `path`, then put it in place.

    The temporary name keeps the suffix of `path`, because some writers go by it.

    Raises:
        ResourceError: Disk full.
        TilebrushError: The folder cannot be written to, or `write` wrote nothing.
    """
    with explained(path):
        make_folder(path.parent)
        part = path.parent / f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}"
        try:
            write(part)
            written = _flushed(part, path)
            part.replace(path)
            flush_folder(path.parent)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return written


def atomic_write_bytes(path: Path, data: bytes) -> Written:
    """Put `data` in a file, whole or not at all; see `atomic_write`."""
    return atomic_write(path, lambda part: _write_all(part, data))


def atomic_write_text(path: Path, text: str) -> Written:
    """Put `text` in a file as UTF-8, whole or not at all; see `atomic_write`."""
    return atomic_write_bytes(path, text.encode("utf-8"))


def _write_all(part: Path, data: bytes) -> None:
    part.write_bytes(data)


def _flushed(part: Path, path: Path) -> Written:
    if not part.is_file():
        raise TilebrushError(f"nothing was written for {path}; this is a bug in the stage")
    with part.open("r+b") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Written(digest, file.tell())


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush_folder(folder: Path) -> None:
    """Make renames and removals in `folder` outlive a power cut, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network and FUSE file systems cannot flush directories; nothing is lost by a kill.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF):
            raise
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that they outlive a power cut."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush_folder(folder.parent)


def remove_tree(path: Path) -> None:
    """Remove a file, link or folder; a folder vanishes at once under its own name."""
    if not path.exists() and not path.is_symlink():
        return
    with explained(path):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            doomed = path.parent / f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}"
            path.replace(doomed)
            flush_folder(path.parent)
            shutil.rmtree(doomed)
        flush_folder(path.parent)


def remove_leftovers(folder: Path) -> int:
    """Remove what killed processes left under temporary names; give how many there were."""
    count = 0
    with explained(folder):
        for where, folders, files in os.walk(folder):
            doomed = [name for name in (*folders, *files) if name.startswith(TEMPORARY)]
            for name in doomed:
                path = Path(where) / name
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                    folders.remove(name)
                else:
                    path.unlink(missing_ok=True)
            count += len(doomed)
    return count


def require_space(folder: Path, needed: int) -> None:
    """Make sure that `needed` more bytes fit on the disk of `folder` (or of its nearest parent).

    Raises:
        ResourceError: They do not.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ResourceError(
            f"{free / 1e9:.1f} GB are free on the disk of {folder}, {needed / 1e9:.1f} GB are "
            "needed; free some space or name a folder on another disk"
        )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn failures of the system while `path` is written into errors a user can act on.

    Raises:
        ResourceError: Disk full, quota used up, no memory.
        TilebrushError: The folder is read-only or belongs to someone else, or the disk failed.
    """
    try:
        yield
    except TilebrushError:
        raise
    except MemoryError:
        raise ResourceError(
            f"out of memory while writing {path}; close other programs or choose smaller tiles "
            "(--set tiles.core=256), then run tilebrush resume"
        ) from None
    except OSError as error:
        raise translated(error, path) from error
    except Exception as error:
        known = told_by_system(error)
        if known is None:
            raise
        raise translated(known, path) from error


def told_by_system(error: Exception) -> OSError | None:
    """The failure of the system that libvips or safetensors report as text only."""
    found = re.search(r"\(os error (\d{1,3})\)", str(error))
    codes = [int(found[1])] if found else [c for c in _FULL if os.strerror(c) in str(error)]
    return OSError(codes[0], os.strerror(codes[0])) if codes else None


def translated(error: OSError, path: Path) -> TilebrushError:
    """The error to raise for a failure of the system while `path` was written."""
    # NumPy reports a short write as an OSError without a number.
    if error.errno == errno.EFBIG:
        return ResourceError(
            f"{path} would be longer than files may be here (ulimit -f); raise that limit, then "
            "run tilebrush resume"
        )
    if error.errno in _FULL or (error.errno is None and "requested and" in str(error)):
        return DiskFull(
            f"disk full while writing {path}; free space, then run tilebrush resume on the run"
        )
    if error.errno == errno.ENOMEM:
        return ResourceError(f"out of memory while writing {path}; close other programs")
    if error.errno in _FORBIDDEN:
        return TilebrushError(
            f"cannot write to {path.parent} ({error.strerror}); "
            "make the folder writable or name another one"
        )
    source = f" ({error.filename})" if error.filename else ""
    return TilebrushError(
        f"cannot write {path}: {error.strerror or error}{source}; "
        "check the disk, then run tilebrush resume"
    )
