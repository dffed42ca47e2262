"""Files that are there whole or not at all, whenever the process or the power dies.

Every write goes to a temporary name in the same directory, is flushed to the disk, and only then
renamed; the directory is flushed too, so that the rename outlives a power cut.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import units
from pipeline.run import names
from pipeline.run.names import TEMPORARY
from stages.errors import DiskFull, ResourceError, TilebrushError

_RESUME = "then run tilebrush resume"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class Written:
    """What a finished file holds: SHA-256 in hex and length in bytes."""

    sha256: str
    bytes: int


def atomic_write(path: Path, write: Callable[[Path], None], again: str = _RESUME) -> Written:
    """Let `write` fill a temporary file beside `path`, then put it in place.

    The temporary name keeps the suffix of `path`, because some writers go by it. `again` says what
    the user does once the reason of a failure is gone.

    Raises:
        ResourceError: Disk full.
        TilebrushError: The folder cannot be written to, or `write` wrote nothing.
    """
    with explained(path, again):
        make_folder(path.parent)
        part = names.part(path)
        try:
            write(part)
            written = _flushed(part, path)
            part.replace(path)
            flush_folder(path.parent)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return written


def try_out(path: Path) -> None:
    """Make sure, before hours of work, that `atomic_write` can put a file at `path`.

    Raises:
        TilebrushError: The folder cannot be written to, or the name is too long for it.
    """
    with explained(path, "then try again"):
        part = names.part(path)
        try:
            part.touch(exist_ok=False)
            with suppress(FileNotFoundError):
                path.lstat()
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


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
            doomed = names.part(path)
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
        TilebrushError: Nothing can be written there.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if _read_only(folder):
        raise TilebrushError(
            f"the disk of {folder} is read-only, {units.amount(needed)} are to be written; "
            "name a folder on another disk"
        )
    free = shutil.disk_usage(folder).free
    if free < needed:
        found, wanted = units.apart(free, needed)
        raise ResourceError(
            f"{found} are free on the disk of {folder}, {wanted} are needed; "
            "free some space or name a folder on another disk"
        )


def _read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):  # Windows, or a disk that does not tell
        return False


@contextmanager
def explained(path: Path, again: str = _RESUME) -> Iterator[None]:
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
            f"(--set tiles.core=256), {again}"
        ) from None
    except OSError as error:
        raise translated(error, path, again) from error
    except Exception as error:
        known = told_by_system(error)
        if known is None:
            raise
        raise translated(known, path, again) from error


def told_by_system(error: Exception) -> OSError | None:
    """The failure of the system that libvips or safetensors report as text only."""
    found = re.search(r"\(os error (\d{1,3})\)", str(error))
    codes = [int(found[1])] if found else [c for c in _FULL if os.strerror(c) in str(error)]
    return OSError(codes[0], os.strerror(codes[0])) if codes else None


def translated(error: OSError, path: Path, again: str = _RESUME) -> TilebrushError:
    """The error to raise for a failure of the system while `path` was written."""
    # NumPy reports a short write as an OSError without a number.
    if error.errno == errno.EFBIG:
        return ResourceError(
            f"{path} would be longer than files may be here (ulimit -f); raise that limit, {again}"
        )
    if error.errno in _FULL or (error.errno is None and "requested and" in str(error)):
        return DiskFull(f"disk full while writing {path}; free space, {again}")
    if error.errno == errno.ENOMEM:
        return ResourceError(f"out of memory while writing {path}; close other programs")
    if error.errno in _FORBIDDEN:
        return TilebrushError(
            f"cannot write to {path.parent} ({error.strerror}); "
            "make the folder writable or name another one"
        )
    if error.errno == errno.ENAMETOOLONG:
        return TilebrushError(
            f"the name {path.name[:40]}... has {len(os.fsencode(path.name))} bytes, "
            f"{names.longest(path.parent)} are possible in {path.parent}; choose a shorter one"
        )
    source = f" ({error.filename})" if error.filename else ""
    return TilebrushError(
        f"cannot write {path}: {error.strerror or error}{source}; check the disk, {again}"
    )
