"""The prints of a studio: its folder, the files given to it, and the one command at work.

It calls the same commands as a terminal, each as a process of its own that goes on when the
browser, or the studio itself, is closed.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pipeline
from pipeline.report import files
from pipeline.run import names
from pipeline.run.directory import RunDir
from stages.errors import RunLocked, TilebrushError, UsageError

Role = Literal["photo", "style"]
MOST_BYTES = 1_000_000_000  # of one file that is given
_INPUTS, _LOG = "inputs", "studio.log"
_PLAN_SECONDS = 600.0
_OPTIONS = ("paper", "dpi", "fit", "quality", "budget")
_PAUSED = (128 + signal.SIGTERM, -signal.SIGTERM)  # how a print ends that is told to


@dataclass(frozen=True)
class Given:
    """A file that was given: where it lies, its own name, and its size in px."""

    path: Path
    name: str
    size: str


class Prints:
    """The folder of a studio and what goes on in it; one print at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.given: dict[Role, Given] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._name, self._planning = "", False
        self._first: tuple[str, ...] = ()  # the words that began the print of that name

    # ---- files

    def place_for(self, name: str) -> Path:
        """Where a file is put that is given under that name, which cannot lead elsewhere."""
        plain = re.sub(r"[^\w. -]", "_", Path(name.replace("\\", "/")).name).lstrip(". ") or "image"
        folder = self.folder / _INPUTS / secrets.token_hex(4)
        folder.mkdir(parents=True)
        stem, suffix = Path(plain).stem, Path(plain).suffix[:16]
        return folder / names.cut(stem, suffix, min(120, names.longest(folder)))

    def take(self, role: Role, path: Path) -> Given:
        """Look at a file as the command line does, and keep it for the next print.

        Raises:
            InputImageError: it cannot be used; it is removed.
        """
        from stages import canvas

        try:
            size = str(canvas.inspect(path).size)
        except TilebrushError as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            # The path is the studio's own; people know the file by its name.
            raise type(error)(str(error).replace(str(path), path.name)) from None
        self.given[role] = Given(path, path.name, size)
        return self.given[role]

    # ---- commands

    def plan(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """What `tilebrush plan` tells.

        Raises:
            TilebrushError: what it refuses, in its own words.
        """
        self._check_free()
        self._planning = True
        try:
            done = subprocess.run(
                _command("plan", *self._inputs(), *_options(form), "--json"),
                cwd=self.folder, env=_environment(), capture_output=True, text=True,
                timeout=_PLAN_SECONDS, check=False,
            )  # fmt: skip
        finally:
            self._planning = False
        if done.returncode:
            raise TilebrushError(_last_line(done.stderr))
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def start(self, form: Mapping[str, Any]) -> str:
        """Begin a print of the two files; gives its name.

        Raises:
            RunLocked: another print is made.
            UsageError: a file is missing, or an option has no such value.
        """
        self._check_free()
        inputs = self._inputs()
        name = self._new_name()
        self._first = ("print", *inputs, f"--run={self.folder / name}", *_options(form))
        self._begin(name, *self._first)
        return name

    def resume(self, name: str) -> None:
        """Go on with a print.

        Raises:
            RunLocked: another one is made.
            UsageError: there is none of that name.
        """
        self._check_free()
        if name in self.names():
            self._begin(name, "resume", str(self.folder / name))
        elif name and name == self._paused_early():
            self._begin(name, *self._first)
        else:
            raise UsageError(f"there is no print {name!r}")

    def pause(self) -> None:
        """Tell the print that is made to end; what is finished is saved.

        Raises:
            UsageError: none is.
        """
        if self._process is not None and self._process.poll() is None:
            _interrupt(self._process.pid)
            return
        name = self.working()
        pid = _worker_of(self.folder / name) if name else None
        if pid is None:
            raise UsageError("no print is being made")
        _interrupt(pid)

    def _begin(self, name: str, *words: str) -> None:
        with (self.folder / _LOG).open("wb") as log:
            self._process = subprocess.Popen(
                _command(*words), cwd=self.folder, env=_environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._name = name

    def _check_free(self) -> None:
        if self._planning or self.working():
            raise RunLocked("a print is being made; wait for it, or pause it first")

    def _inputs(self) -> list[str]:
        missing = [role for role in ("photo", "style") if role not in self.given]
        if missing:
            raise UsageError("give a photo and a painting first")
        return [str(self.given["photo"].path), str(self.given["style"].path)]

    def _new_name(self) -> str:
        photo, style = self.given["photo"], self.given["style"]
        stem = f"{photo.path.stem}_{style.path.stem}"
        number = 1
        while True:
            more = f"-{number}" if number > 1 else ""
            name = names.cut(stem, more, min(150, names.longest(self.folder)))
            if not (self.folder / name).exists() and name not in (_INPUTS, _LOG):
                return name
            number += 1

    # ---- what there is

    def names(self) -> list[str]:
        """The prints of the folder, the newest first."""
        found = [
            path
            for path in self.folder.iterdir()
            if path.is_dir() and not path.is_symlink() and RunDir.exists(path)
        ]
        return [p.name for p in sorted(found, key=lambda p: -(p / "run.json").stat().st_mtime)]

    def working(self) -> str:
        """The name of the print that is being made, by this studio or one before; else nothing."""
        if self._process is not None and self._process.poll() is None:
            return self._name
        busy = [name for name in self.names() if RunDir(self.folder / name).busy()]
        return busy[0] if busy else ""

    def state(self) -> dict[str, Any]:
        """All that the page asks for again and again."""
        working, early = self.working(), self._paused_early()
        begun = [{"name": early, "page": False, "finished": False}] if early else []
        return {
            "inputs": {role: {"name": f.name, "size": f.size} for role, f in self.given.items()},
            "working": working,
            "failed": "" if working else self._failed(),
            "prints": begun + [self._told(name) for name in self.names()],
        }

    def _told(self, name: str) -> dict[str, Any]:
        data = files.read_data(self.folder / name / files.FOLDER / files.DATA)
        return {"name": name, "page": bool(data), "finished": data.get("state") == "finished"}

    def _paused_early(self) -> str:
        """The name of a print that was paused before its folder was there, if one was."""
        if self._process is None or self._process.poll() not in _PAUSED:
            return ""
        return "" if RunDir.exists(self.folder / self._name) else self._name

    def _failed(self) -> str:
        """The last words of a print that ended with an error; a pause is none."""
        if self._process is None or self._process.returncode in (None, 0, *_PAUSED):
            return ""
        try:
            return _last_line((self.folder / _LOG).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return "the print ended with an error"


def _command(*words: str) -> list[str]:
    # Not by its name: the studio's own interpreter and packages are those to use.
    return [sys.executable, "-P", "-m", "pipeline", *words]


def _environment() -> dict[str, str]:
    home = str(Path(pipeline.__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])}


def _options(form: Mapping[str, Any]) -> list[str]:
    given = {name: str(form.get(name) or "").strip() for name in _OPTIONS}
    # With an equals sign no value can be taken for an option.
    return [f"--{name}={value[:200]}" for name, value in given.items() if value]


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("tilebrush: ") if lines else "it ended with an error"


def _interrupt(pid: int) -> None:
    # Not SIGINT: who is started in a shell's background ignores it, and so do all that it starts.
    os.kill(pid, signal.SIGTERM)


def _worker_of(run: Path) -> int | None:
    """The process of ours that works on a run which a studio before this one began."""
    import psutil

    try:
        pid = int((run / ".owner").read_text().split()[0])
        words = psutil.Process(pid).cmdline()  # type: ignore[no-untyped-call]
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return pid if "pipeline" in words and any(str(run) in word for word in words) else None
