"""A temporary folder of one process; those of killed ones are removed by the next.

Each holds a lock file that its process has locked, which the system frees however that ends.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_NAME = re.compile(r"tilebrush-\d+-[a-z0-9_]{8}")  # the process's number, and Python's own mark
_LOCK = ".lock"
_NO_LOCKS = (OSError, NotImplementedError)  # some file systems have none


@contextmanager
def folder() -> Iterator[Path]:
    """A folder under `TMPDIR` that is gone afterwards, or at the next call after a kill.

    Raises:
        OSError: None can be made.
    """
    remove_left()
    made, lock = _made()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        with suppress(*_NO_LOCKS):
            lock.release()


def _made() -> tuple[Path, FileLock]:
    while True:
        made = Path(tempfile.mkdtemp(prefix=f"tilebrush-{os.getpid()}-"))
        lock = FileLock(made / _LOCK)
        try:
            lock.acquire()
        except _NO_LOCKS:
            if made.is_dir():
                return made, lock
        # Another process may have removed the folder before it was locked.
        if (made / _LOCK).exists():
            return made, lock
        with suppress(*_NO_LOCKS):
            lock.release()


def remove_left() -> None:
    """Remove folders whose process is dead; whatever cannot be removed stays."""
    try:
        found = [path for path in Path(tempfile.gettempdir()).iterdir() if _is_ours(path)]
    except OSError:
        return
    for path in found:
        with suppress(Timeout, *_NO_LOCKS), FileLock(path / _LOCK, timeout=0):
            shutil.rmtree(path, ignore_errors=True)


def _is_ours(path: Path) -> bool:
    """Whether it is such a folder of this user, with its lock file; links are not followed."""
    if not _NAME.fullmatch(path.name) or path.is_symlink() or not (path / _LOCK).is_file():
        return False
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()
