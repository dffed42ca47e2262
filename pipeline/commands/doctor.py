"""`tilebrush doctor`: what is installed, what the computer offers, and what would stop a print."""

from __future__ import annotations

import importlib.util
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from pipeline import __version__
from pipeline.config import units
from pipeline.host import resources as machine
from stages.computing import Device, Precision
from stages.errors import Interrupted

T = TypeVar("T")
LEAST_PYTHON = (3, 11)
LEAST_MEMORY = 1_500_000_000  # bytes; a small tile with the bundled encoder and libvips
LEAST_DISK = 2_000_000_000  # bytes; a print of 27 megapixels with what it takes to make it


@dataclass(frozen=True)
class EncoderFound:
    """An encoder and whether its weights are there."""

    name: str
    weights: str


@dataclass(frozen=True)
class DoctorResult:
    """What `tilebrush doctor` found; `problems` say what is needed and what to do."""

    tilebrush: str
    python: str
    system: str
    torch: str
    pyvips: str
    libvips: str
    bfloat16: str
    computes_with: str
    cores: int
    memory_bytes: int
    memory_available_bytes: int
    folder: str
    folder_free_bytes: int
    temporary: str
    temporary_writable: bool
    encoders: tuple[EncoderFound, ...]
    problems: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        if self.problems:
            return f"{len(self.problems)} problem{'s' * (len(self.problems) > 1)} found"
        return "everything a print needs is here"

    @property
    def exit_code(self) -> int:
        """0 if a print can be made here, else 1."""
        return 1 if self.problems else 0


def collect(
    folder: Path,
    *,
    libvips: Callable[[], str] | None = None,
    encoders: Callable[[], Iterable[EncoderFound]] | None = None,
    bfloat16: Callable[[], str] | None = None,
    computing: Callable[[], str] | None = None,
) -> DoctorResult:
    """Look around; the probes load the libraries and may fail, which is then a problem.

    `folder` is where a run would be made. What a probe returns is shown; for `bfloat16` it says
    whether the processor is faster with it, for `computing` what a print would compute with.
    """
    problems: list[str] = []
    memory = machine.memory()
    temporary = Path(tempfile.gettempdir())
    result = DoctorResult(
        tilebrush=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        torch=_installed("torch", problems),
        pyvips=_installed("pyvips", problems),
        libvips=_probed("libvips", libvips, "", problems),
        bfloat16=_probed("bfloat16", bfloat16, "", problems),
        computes_with=_probed("torch", computing, "", problems),
        cores=machine.cores(),
        memory_bytes=memory.total,
        memory_available_bytes=memory.available,
        folder=str(folder.absolute()),
        folder_free_bytes=machine.disk_free(folder),
        temporary=str(temporary),
        temporary_writable=machine.writable(temporary),
        encoders=tuple(_probed("encoders", encoders, (), problems)),
        problems=(),
    )
    problems += _shortages(result, folder)
    return DoctorResult(**{**vars(result), "problems": tuple(problems)})


def _installed(name: str, problems: list[str]) -> str:
    try:
        if importlib.util.find_spec(name) is not None:
            return metadata.version(name)
    except (ImportError, ValueError, metadata.PackageNotFoundError):
        pass
    problems.append(f"{name} is not installed; install tilebrush with its dependencies again")
    return "missing"


def _probed(name: str, probe: Callable[[], T] | None, default: T, problems: list[str]) -> T:
    if probe is None:
        return default
    try:
        return probe()
    except Interrupted:
        raise
    except Exception as error:
        # Broken libraries fail in every way there is; telling which is what this is for.
        problems.append(f"{name} cannot be used ({' '.join(str(error).split())})")
        return default


def _shortages(result: DoctorResult, folder: Path) -> list[str]:
    found = []
    if sys.version_info < LEAST_PYTHON:
        needed = ".".join(map(str, LEAST_PYTHON))
        found.append(f"Python is {result.python}; {needed} or newer is needed")
    if result.memory_bytes < LEAST_MEMORY:
        there, needed = units.apart(result.memory_bytes, LEAST_MEMORY)
        found.append(f"memory is {there}, {needed} are needed; use a computer with more")
    elif result.memory_available_bytes < LEAST_MEMORY:
        there, needed = units.apart(result.memory_available_bytes, LEAST_MEMORY)
        found.append(f"{there} of memory are free, {needed} are needed; close other programs")
    if result.folder_free_bytes < LEAST_DISK:
        there, needed = units.apart(result.folder_free_bytes, LEAST_DISK)
        found.append(
            f"{there} are free on the disk of {folder}, a print takes about {needed}; "
            "free some space or use another disk"
        )
    if not result.temporary_writable:
        found.append(
            f"cannot write to the temporary folder {result.temporary}; "
            "set TMPDIR to a folder that can be written to"
        )
    found += [
        f"the weights of encoder {encoder.name} are {encoder.weights}"
        for encoder in result.encoders
        if encoder.weights.startswith("missing")
    ]
    return found


def probes() -> dict[str, Any]:
    """What loads the big libraries; each is tried by itself, for any may be broken."""

    def libvips() -> str:
        from stages import canvas

        return str(canvas.LIBVIPS_VERSION)

    def found() -> list[EncoderFound]:
        from stages.nst import encoders as known

        return [EncoderFound(each.name, each.weights) for each in known.describe()]

    def bfloat16() -> str:
        from pipeline.host import speed

        found, file = speed.answer(), speed.kept_in()
        kept = f"kept in {file}" if file.is_file() else "not kept"
        return f"{found.gain:.1f} times as fast as float32 ({kept})"

    def computing() -> str:
        from pipeline.host import speed
        from stages.nst.device import resolve_device

        device = resolve_device(Device.AUTO)
        return f"{device}, {speed.threads(0)} threads, {speed.precision(Precision.AUTO, device)}"

    return {
        "libvips": libvips,
        "encoders": found,
        "bfloat16": bfloat16,
        "computing": computing,
    }
