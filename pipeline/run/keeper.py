"""A folder of outputs that keeps itself: what counts as finished, and who may write.

A file counts as finished only when the record beside it says so: its key (what it was made from),
its length and its SHA-256. The record is written last and removed first, so that whenever the
process dies, an output without a valid record is at worst made again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

from pipeline.host.work_clock import worked
from pipeline.run import atomic
from pipeline.run.atomic import atomic_write_text, sha256_file
from pipeline.run.layout import Layout
from pipeline.run.manifest import Twofold
from pipeline.run.records import Problem, Record, Sealed, now, read_record, sealed
from stages.errors import RunLocked, TilebrushError, UsageError

_LOCK = ".lock"
_OWNER = ".owner"
_LOG = "run.log"


Kind = TypeVar("Kind", bound=Sealed)


class Keeper(Layout, Generic[Kind]):
    """Outputs with their records, under one writer at a time; `book` is what it says of itself."""

    book: ClassVar[Twofold[Any]]

    def __init__(self, root: Path) -> None:
        """Take the folder as it is; use `create` or `open`."""
        super().__init__(root)
        self._held = False

    # ---- the run itself

    @classmethod
    def exists(cls, path: Path) -> bool:
        """Whether `path` holds a run."""
        return cls.book.exists(path)

    @classmethod
    def create(cls, path: Path, manifest: Kind) -> Self:
        """Make a run in a new or empty folder.

        Raises:
            UsageError: The folder holds other things, or is no folder.
            RunLocked: Another process makes a run there right now.
            TilebrushError: There is a run already, or the folder cannot be written to.
        """
        run = cls(path.resolve())
        if run.root.exists() and not run.root.is_dir():
            raise UsageError(f"{path} is a file; name a new or empty folder for the run")
        with atomic.explained(run.root / cls.book.name):
            atomic.make_folder(run.root)
            others = {item.name for item in run.root.iterdir()}
        with run.locked():
            if cls.exists(run.root):
                raise TilebrushError(f"{path} holds a run already; use tilebrush resume")
            others = {name for name in others if not name.startswith(".")} - {_LOG}
            if others:
                raise UsageError(
                    f"{path} holds other things (such as {min(others)}) and no run; "
                    "name a new or empty folder"
                )
            run.write_manifest(manifest)
        return run

    def manifest(self) -> Kind:
        """What the run says of itself, by the copy if the first is damaged.

        Raises:
            TilebrushError: Both are damaged, or it is of a newer version.
        """
        found: Kind = self.book.read(self.root)
        return found

    def write_manifest(self, manifest: Kind) -> None:
        """Replace that and its copy."""
        self.book.write(self.root, manifest)

    def manifest_problems(self) -> list[Problem]:
        """What is wrong with that and its copy."""
        return self.book.problems(self.root)

    def drop_manifest(self) -> None:
        """Remove both; the folder is as good as new if nothing else is in it."""
        for name in reversed(self.book.names):
            atomic.remove_tree(self.root / name)

    # ---- one writer at a time

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Hold the folder for writing; the kernel frees it however the process ends.

        Raises:
            RunLocked: Another process holds it.
            TilebrushError: The folder cannot be written to, or has no locks.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.root / _LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise RunLocked(
                f"{self.root} is worked on by {self._owner()}; wait for it or stop it first"
            ) from None
        except OSError as error:
            raise atomic.translated(error, self.root / _LOCK) from error
        except NotImplementedError:
            raise TilebrushError(
                f"the file system of {self.root} has no locks; name a folder on a local disk"
            ) from None
        try:
            with atomic.explained(self.root / _OWNER):
                (self.root / _OWNER).write_text(f"{os.getpid()} {socket.gethostname()}")
            self._held = True
            atomic.remove_leftovers(self.root)
            mended = self.book.mend(self.root)
            if mended:
                self.log(mended)
            yield self
        finally:
            self._held = False
            with suppress(OSError):
                (self.root / _OWNER).unlink(missing_ok=True)
            lock.release()

    def _owner(self) -> str:
        try:
            pid, host = (self.root / _OWNER).read_text().split()
        except (OSError, ValueError):
            return "another process"
        if host != socket.gethostname():
            return f"process {pid} on {host}"
        return f"process {pid}" if _alive(pid) else "another process"

    # ---- outputs and their records

    def commit(
        self, path: Path | str, write: Callable[[Path], None], record: Mapping[str, Any]
    ) -> Record:
        """Make an output with `write` (given a temporary path) and record it as finished.

        `record` has the output's ``key``, perhaps the ``seconds`` that computing it took (those of
        `write` are added), and anything else worth keeping.

        Raises:
            ResourceError: Disk full.
            TilebrushError: The folder cannot be written to.
        """
        output, beside = self.path(path), self.record_path(path)
        for folder in (output.parent, beside.parent):
            self.inside(folder)
        extra = dict(record)
        key = str(extra.pop("key"))
        started = worked()
        # A record must never stand beside an output that it does not describe.
        if beside.exists():
            with atomic.explained(beside):
                beside.unlink()
                atomic.flush_folder(beside.parent)
        written = atomic.atomic_write(output, write)
        seconds = float(extra.pop("seconds", 0.0)) + worked() - started
        made = Record(key, written.sha256, written.bytes, round(seconds, 3), now(), extra)
        atomic_write_text(beside, sealed(made))
        return made

    def inside(self, folder: Path) -> None:
        """Make sure that no link leads out of the run, where files would be replaced.

        Raises:
            TilebrushError: One does.
        """
        try:
            inside = folder.resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):  # links in a circle
            inside = False
        if not inside:
            raise TilebrushError(f"{folder} is a link that leads out of the run; remove it")

    def record(self, path: Path | str) -> Record | None:
        """The record of an output, or None if there is none or it is damaged."""
        try:
            return read_record(self.record_path(path).read_bytes())
        except (ValueError, OSError):
            return None

    def valid(self, path: Path | str, key: str, *, check: Literal["size", "hash"] = "size") -> bool:
        """Whether an output is finished, whole and made from what `key` says.

        With ``size`` its length is compared, with ``hash`` all of its bytes.
        """
        record = self.record(path)
        if record is None or record.key != key:
            return False
        problem = self._compared(self.path(path), record, check)
        if problem is not None:
            self.log(f"{problem.path}: found {problem.found}, needed {problem.needed}; made again")
        return problem is None

    def _compared(self, output: Path, record: Record, check: str) -> Problem | None:
        name = self.name(output)
        try:
            size = output.stat().st_size if output.is_file() else None
            if size is None:
                return Problem(name, "no file", f"{record.bytes} bytes")
            if size != record.bytes:
                return Problem(name, f"{size} bytes", f"{record.bytes} bytes")
            found = sha256_file(output) if check == "hash" else record.sha256
        except OSError as error:
            return Problem(name, f"a file that cannot be read ({error.strerror})", "its bytes")
        if found != record.sha256:
            return Problem(name, f"SHA-256 {found[:12]}", f"SHA-256 {record.sha256[:12]}")
        return None

    def problem(self, path: Path | str) -> list[Problem]:
        """What is wrong with a recorded output or its record, bytes and all; none if whole."""
        record = self.record(path)
        if record is None:
            needed = "a record of its making"
            return [Problem(self.name(self.record_path(path)), "damage", needed)]
        problem = self._compared(self.path(path), record, "hash")
        return [] if problem is None else [problem]

    def intact(self, path: Path | str) -> bool:
        """Whether an output is there with the length that its record says."""
        record = self.record(path)
        return record is not None and self._compared(self.path(path), record, "size") is None

    def drop(self, outputs: Iterable[Path]) -> int:
        """Remove outputs and their records, and folders that are empty then; gives bytes freed.

        What is not an output, such as a file that the user put there, stays.
        """
        freed = 0
        for output in outputs:
            self.inside(output.parent)
            # The record first: one whose output is gone would count as damage.
            for path in (self.record_path(output), output):
                if path.is_file() or path.is_symlink():
                    freed += path.lstat().st_size
                    with atomic.explained(path):
                        path.unlink(missing_ok=True)
        for folder in self.stage_folders():
            for path in sorted((folder, *folder.rglob("*/")), reverse=True):
                with suppress(OSError):  # it holds something
                    path.rmdir()
        return freed

    def drop_record(self, output: Path) -> None:
        """Remove the record of an output, which then no longer counts as finished, and stays."""
        record = self.record_path(output)
        with atomic.explained(record):
            record.unlink(missing_ok=True)
            if record.parent.is_dir():
                atomic.flush_folder(record.parent)

    def busy(self) -> bool:
        """Whether some process works on the run now; looks only, unless that leaves it unclear."""
        from filelock import FileLock, Timeout

        try:
            pid, host = (self.root / _OWNER).read_text().split()
        except (OSError, ValueError):
            return False
        if host == socket.gethostname() and not _alive(pid):
            return False
        # The name may be that of a killed process whose number another one has now.
        try:
            with FileLock(self.root / _LOCK, timeout=0):
                return False
        except (Timeout, OSError, NotImplementedError):
            return True

    def log(self, line: str) -> None:
        """Add a line with the time to run.log; only the process that holds the run writes there."""
        if not self._held:
            return
        # A log that cannot be written is no reason to lose a print.
        with suppress(OSError), (self.root / _LOG).open("a", encoding="utf-8") as file:
            file.write(f"{now()} {' '.join(line.splitlines())}\n")

    def log_path(self) -> Path:
        """run.log."""
        return self.root / _LOG


def _alive(pid: str) -> bool:
    """Whether a process of this computer has that number."""
    import psutil

    return pid.isdecimal() and bool(psutil.pid_exists(int(pid)))  # type: ignore[no-untyped-call]
