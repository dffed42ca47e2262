"""A disk that fails, a process that dies, a power cut: put under one process, in that process.

`Layer.install` is called in a forked child. Python's audit events tell of every file that is
opened, renamed, removed or listed; writes and `fsync` are wrapped. Each such step below `root`
has a number, and `act` is asked before it is taken. What native code reads by itself (libvips,
safetensors) is not seen; that safetensors writes a file is one step.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READ, CREATE, WRITE, FLUSH = "read", "create", "write", "fsync"
RENAME, REMOVE, FOLDER, LIST = "rename", "remove", "mkdir", "list"

POSSIBLE = {
    "ENOSPC": (CREATE, WRITE, FLUSH, RENAME, FOLDER),
    "EIO": (READ, CREATE, WRITE, FLUSH, RENAME, REMOVE, FOLDER, LIST),
    "EACCES": (READ, CREATE, RENAME, REMOVE, FOLDER, LIST),
}
"""Which steps can fail in which way."""

_EVENTS = {
    "os.rename": RENAME,
    "os.remove": REMOVE,
    "os.rmdir": REMOVE,
    "os.mkdir": FOLDER,
    "os.listdir": LIST,
    "os.scandir": LIST,
}
_FOLDER_HANDLE = {"os.remove": 1, "os.rmdir": 1, "os.mkdir": 2, "os.rename": 2}


@dataclass(frozen=True)
class Step:
    """One file operation; `half` writes half of what a write would, for dying in the middle."""

    number: int
    kind: str
    path: str
    half: Callable[[], object] = lambda: None


Act = Callable[[Step], None]


class Layer:
    """Sees every file operation of this process below a folder."""

    def __init__(self, root: Path, act: Act, flushed: Callable[[int], None] | None = None) -> None:
        """`flushed` is told of every handle after it was flushed to the disk."""
        self.root, self.act, self.flushed = str(root), act, flushed
        self.steps: list[Step] = []
        self._asleep = False

    def install(self) -> None:
        """Begin; there is no way back for this process."""
        self._fsync, self._open = os.fsync, io.open
        os.fsync = self._flush  # type: ignore[assignment]
        builtins.open = io.open = self._opened
        _wrap_safetensors(self)
        sys.addaudithook(self._audited)

    def step(self, kind: str, path: object, half: Callable[[], object] = lambda: None) -> None:
        """Note an operation and let `act` stop it."""
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        if self._asleep or not self._inside(name):
            return
        self._asleep = True
        try:
            self.steps.append(Step(len(self.steps) + 1, kind, name, half))
            self.act(self.steps[-1])
        finally:
            self._asleep = False

    def _inside(self, name: str) -> bool:
        return name == self.root or name.startswith(self.root + os.sep)

    def _audited(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = given
            changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
            self.step(CREATE if flags & changing else READ, path)
        elif event in _EVENTS:
            place = _FOLDER_HANDLE.get(event)
            handle = given[place] if place is not None and len(given) > place else -1
            self.step(_EVENTS[event], _whole(given[0], handle))

    def _flush(self, handle: int) -> None:
        self.step(FLUSH, _name_of(handle))
        self._fsync(handle)
        if self.flushed is not None:
            self._asleep = True
            try:
                self.flushed(handle)
            finally:
                self._asleep = False

    def _opened(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        named = isinstance(file, str | os.PathLike)
        if not named or not self._inside(os.fspath(file)) or not set(mode) & set("wax+"):
            return self._open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = _File(file, mode.replace("b", "").replace("t", ""), closefd, opener, layer=self)
        if buffering == 0:
            return raw
        # Half-written files need writes of a few kB, as the system makes them.
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)


class _File(io.FileIO):
    """A file whose writes are steps."""

    def __init__(self, *given: Any, layer: Layer) -> None:
        super().__init__(*given)
        self._layer, self._path = layer, given[0]

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        whole = super().write
        self._layer.step(WRITE, self._path, lambda: whole(view[: len(view) // 2]))
        return whole(view)


def _name_of(handle: int) -> str:
    return str(Path(f"/proc/self/fd/{handle}").readlink())


def _whole(path: object, folder: int) -> object:
    """A path as a whole one; it may be a handle, or count from the folder of a handle."""
    if isinstance(path, int):
        return _name_of(path)
    return os.path.join(_name_of(folder), os.fsdecode(path)) if folder >= 0 else path  # type: ignore[arg-type]  # noqa: PTH118


def _wrap_safetensors(layer: Layer) -> None:
    """safetensors writes in native code and has failures of its own kind."""
    from safetensors import SafetensorError

    from stages import measure
    from stages.canvas.palette import toning
    from stages.canvas.places import dictionary, survey

    for module in (measure, toning, dictionary, survey):
        _wrap_saving(layer, vars(module), SafetensorError)


def _wrap_saving(layer: Layer, names: dict[str, Any], error_kind: type[Exception]) -> None:
    real: Callable[..., Any] = names["save_file"]

    def save_file(tensors: Any, path: Any, *given: Any) -> None:
        try:
            layer.step(WRITE, path, lambda: Path(path).write_bytes(b"half"))
        except OSError as error:
            told = f"I/O error: {error.strerror} (os error {error.errno})"
            raise error_kind(f"Error while serializing: {told}") from None
        real(tensors, path, *given)

    names["save_file"] = save_file


# ---- what may happen at a step


def failing(number: int, name: str) -> Act:
    """Step `number` fails with the error `name`; a full disk stays full."""
    code = getattr(errno, name)

    def act(step: Step) -> None:
        later = name == "ENOSPC" and step.number > number and step.kind in POSSIBLE[name]
        if step.number == number or later:
            raise OSError(code, os.strerror(code), step.path)

    return act


def killed(number: int) -> Act:
    """The process dies at step `number`, writes half done."""

    def act(step: Step) -> None:
        if step.number == number:
            step.half()
            os.kill(os.getpid(), signal.SIGKILL)

    return act


def signalled(number: int, signals: Sequence[signal.Signals]) -> Act:
    """The process gets one signal at step `number`, the next one at the step after that."""

    def act(step: Step) -> None:
        if 0 <= step.number - number < len(signals):
            os.kill(os.getpid(), signals[step.number - number])

    return act


def none(step: Step) -> None:
    """Nothing happens."""
