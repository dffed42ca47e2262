"""Tiny prints in forked children: a second of Python and torch is loaded once for thousands.

The parent must never compute or read a picture: threads of torch and libvips do not survive a
fork. It compares bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from pipeline.cli import app as cli
from pipeline.engine.state import State
from pipeline.run.directory import RunDir
from stages.errors import TilebrushError

LOADED = (
    *("pipeline.commands.print", "pipeline.commands.stage", "stages.canvas", "stages.prepare"),
    *("stages.palette", "stages.display", "stages.upsample", "stages.restyle", "stages.blend"),
    *("stages.paint", "stages.brushwork"),
    *("stages.finish", "stages.measure", "filelock"),
    *("stages.nst.encoders", "stages.nst.device", "safetensors.torch", "psutil", "torch._dynamo"),
)
CODES = {"ENOSPC": 13, "EIO": 1, "EACCES": 1}  # exit codes for errors of the system
LONGEST = 120.0  # seconds until a child is given up
BLOCKS = ((4,), (8, 8), (8,), (12,), (12,))
SETTINGS = {
    "print.size": "192x144",
    "display.size": "96x72",
    "display.start": "1",
    "display.iterations": "1",
    "levels.iterations": "1",
    "paint.iterations": "1",
    "style.palette": "0",  # the fit takes two seconds for however few pixels
    "levels.sweeps": "2",
    "tiles.core": "64",
    "tiles.overlap": "16",
    "tiles.halo": "16",
    "run.threads": "1",
    "run.precision": "float32",
    "run.memory": "4GB",
    "run.disk_wait": "0",
    "run.nice": "0",
}


Setup = Callable[[], None] | None


@dataclass(frozen=True)
class Ended:
    """How a child ended: exit code (minus the signal's number if one ended it), what it said."""

    code: int
    said: str
    out: str = ""
    committed: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def clear(self) -> bool:
        """Whether it said nothing, or exactly one line of its own."""
        if not self.said:
            return True
        return (
            self.said.startswith("tilebrush: ")
            and self.said.count("\n") == 1
            and ("internal error" not in self.said)
        )


class Field:
    """A folder with inputs, a calm run and a place for the run that is tortured."""

    def __init__(self, folder: Path) -> None:
        """Make the inputs and the calm run."""
        self.folder, self.run, self.calm = folder, folder / "run", folder / "calm"
        _load_everything()
        forked(lambda: write_inputs(folder), folder)
        ended = self.begin(run=self.calm)
        if ended.code:
            raise RuntimeError(f"the calm run gave {ended.code}: {ended.said}")
        self.seconds = ended.seconds
        self.wanted = contents(self.calm)

    def printing(self, run: Path | None = None) -> list[str]:
        """The command line of `tilebrush print`."""
        settings = {"encoder.name": str(self.folder / "tiny.safetensors"), **SETTINGS}
        options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        inputs = [str(self.folder / name) for name in ("photo.tif", "style.png")]
        options += ["--config", os.devnull]  # not the one of the folder where this is run
        return ["print", *inputs, "--run", str(run or self.run), *options]

    def begin(self, setup: Setup = None, run: Path | None = None) -> Ended:
        """`tilebrush print`, after `setup` in the child."""
        return self.called(self.printing(run), setup)

    def resume(self, setup: Setup = None, kill_after: float | None = None) -> Ended:
        """`tilebrush resume`, or `print` where nothing had begun."""
        begun = RunDir.exists(self.run)
        arguments = ["resume", str(self.run)] if begun else self.printing()
        return self.called(arguments, setup, kill_after)

    def called(
        self, arguments: list[str], setup: Setup = None, kill_after: float | None = None
    ) -> Ended:
        """Any command line, in a child."""
        return forked(lambda: self.inside(arguments, setup), self.folder, kill_after)

    def inside(self, arguments: list[str], setup: Setup = None) -> int:
        """A command line in this process; its exit code."""
        if setup is not None:
            setup()
        return cli.main([*arguments, "--quiet"])

    def at_terminal(self) -> NoReturn:
        """`tilebrush print` in this process, which has a terminal; ends the process."""
        _tell_commits(self.folder / "commits.txt")
        for name in ("said.txt", "out.txt"):
            (self.folder / name).write_text("")
        os._exit(cli.main(self.printing()))

    def fresh(self, finished: bool = False) -> None:
        """Begin with no run, or with a copy of the finished one."""
        shutil.rmtree(self.run, ignore_errors=True)
        if finished:
            shutil.copytree(self.calm, self.run)

    def same(self) -> bool:
        """Whether the run is now the calm run, byte for byte."""
        return contents(self.run) == self.wanted

    def damaged(self) -> list[str]:
        """Recorded outputs that are not what their record says."""
        if not RunDir.exists(self.run):
            return []
        try:
            run = RunDir.open(self.run)
            found = (*run.manifest_problems(), *State(run).problems())
            return [p.path for p in found if p.found != "no file"]
        except TilebrushError as error:
            return [str(error)]

    def made(self) -> dict[str, int]:
        """Every recorded output and when its record was written, ns."""
        run = RunDir(self.run)
        records = {run.name(path): run.record_path(path) for path in run.recorded()}
        return {name: path.stat().st_mtime_ns for name, path in records.items() if path.is_file()}


def contents(run: Path) -> dict[str, bytes]:
    """All outputs, without what holds times: records, run.json, run.log, the page."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file()
        and path.suffix not in (".json", ".log")
        and path.name[0] != "."
        and "report" not in path.relative_to(run).parts
    }


def forked(work: Callable[[], int], folder: Path, kill_after: float | None = None) -> Ended:
    """The end of a child that does `work` and leaves with its result, if it is not killed."""
    began = time.monotonic()
    return ended(started(work, folder), folder, began, kill_after)


def started(work: Callable[[], int], folder: Path) -> int:
    """A child that does `work`; what it says goes to said.txt, its commits to commits.txt."""
    for name in ("out.txt", "said.txt", "commits.txt"):  # a child may die before it writes any
        (folder / name).write_text("")
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        for handle, name in ((1, "out.txt"), (2, "said.txt")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), handle)
        sys.stdout, sys.stderr = (os.fdopen(handle, "w", closefd=False) for handle in (1, 2))
        _tell_commits(folder / "commits.txt")
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        if code == 99:
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
        os._exit(code)


def ended(pid: int, folder: Path, began: float, kill_after: float | None = None) -> Ended:
    """Wait for the end of a child and tell how it came."""
    code = _waited(pid, began, LONGEST if kill_after is None else kill_after)
    out, said, commits = (
        (folder / name).read_text(errors="replace") if (folder / name).exists() else ""
        for name in ("out.txt", "said.txt", "commits.txt")
    )
    return Ended(code, said, out, tuple(commits.splitlines()), time.monotonic() - began)


def _waited(pid: int, began: float, longest: float) -> int:
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() - began > longest:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def _tell_commits(path: Path) -> None:
    """Write the name of every output to `path` once its commit has returned."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    real = RunDir.commit

    def commit(self: RunDir, path: Path | str, *given: object) -> object:
        made = real(self, path, *given)  # type: ignore[arg-type]
        os.write(handle, self.name(path).encode() + b"\n")
        return made

    RunDir.commit = commit  # type: ignore[method-assign,assignment]


def _load_everything() -> None:
    for name in LOADED:
        importlib.import_module(name)


def write_inputs(folder: Path) -> int:
    """A photo that lies on its side, a painting, and an encoder of a few thousand numbers."""
    import pyvips
    from safetensors.numpy import save_file

    from stages import canvas

    generator = np.random.default_rng(0)
    table, channels = {}, 3
    for b, block in enumerate(BLOCKS, start=1):
        for c, width in enumerate(block, start=1):
            kernel = generator.normal(0, (2 / (9 * channels)) ** 0.5, (width, channels, 3, 3))
            table[f"relu{b}_{c}.weight"] = kernel.astype(np.float32)
            table[f"relu{b}_{c}.bias"] = generator.normal(0, 0.1, width).astype(np.float32)
            channels = width
    save_file(table, folder / "tiny.safetensors", {"blocks": json.dumps(BLOCKS), "pool": "4"})
    y, x = np.mgrid[0:72, 0:96].astype(np.float32) / 96
    waves = np.stack([x, (np.sin(40 * x + 9 * y) + 1) / 2, (np.cos(31 * y) + 1) / 2], -1)
    canvas.preview(np.clip(waves, 0, 1).astype(np.float32), folder / "style.png")
    photo = (255 * np.clip(np.stack([y, x, 1 - y], -1), 0, 1)).astype(np.uint8)
    turned = pyvips.Image.new_from_array(photo[:, :54]).copy(interpretation="srgb")
    turned.set_type(pyvips.GValue.gint_type, "orientation", 6)  # upright it is 72x54
    turned.write_to_file(str(folder / "photo.tif"))
    return 0
