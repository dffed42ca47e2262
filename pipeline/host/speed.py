"""What this computer computes fast with, found once and kept.

A trial decides the precision, and so the time and the bytes, of prints. It is made with care
(`stages.nst.device.speed`) and its answer kept in a small file for each processor, number of cores
and version of torch: the same command gets the same answer whatever else the computer does.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.host.resources import cores
from stages.computing import Device, Precision

if TYPE_CHECKING:
    from stages.nst.device import Speed

CACHE = "TILEBRUSH_CACHE"
_FORMAT = 1  # to be raised when the trial changes
_CPUINFO = Path("/proc/cpuinfo")


def precision(wanted: Precision, device: Device) -> Precision:
    """`auto` becomes what `device` computes fast with; anything else stays."""
    if wanted is not Precision.AUTO or device is not Device.CPU:
        from stages.nst.device import resolve_precision

        return resolve_precision(wanted, device)
    return answer().precision


def threads(wanted: int) -> int:
    """0 becomes how many threads compute fastest; anything else stays."""
    count = cores()
    # Fewer than four are used whole: no trial is needed to know that.
    return wanted or (answer().threads if count >= 4 else count)


def answer() -> Speed:
    """The kept answer for this computer, or that of a trial now, which is kept if it is sure."""
    found = _kept(kept_in())
    if found is not None:
        return found
    from stages.nst.device import speed

    found = speed(cores())
    if found.sure:
        _keep(kept_in(), found)
    return found


def kept_in() -> Path:
    """The file of this computer's answer, which may not be there."""
    digest = hashlib.sha256(_computer().encode()).hexdigest()[:16]
    return folder() / f"speed-{digest}.json"


def folder() -> Path:
    """The user's folder for what can be found again: `TILEBRUSH_CACHE` or the system's own."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("tilebrush", appauthor=False))


def _computer() -> str:
    """What an answer holds for."""
    from stages.nst.device import torch_version

    return f"{_processor()}, {cores()} cores, torch {torch_version()}"


def _processor() -> str:
    with suppress(OSError):
        for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _kept(path: Path) -> Speed | None:
    from stages.nst.device import Speed

    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        gain, count = float(told["bfloat16_gain"]), int(told["threads"])
        ours = (told["format"], told["computer"]) == (_FORMAT, _computer())
    except (OSError, ValueError, TypeError, LookupError, RecursionError):  # missing or damaged
        return None
    whole = ours and math.isfinite(gain) and gain > 0 and 1 <= count <= cores()
    return Speed(gain, count, sure=True) if whole else None


def _keep(path: Path, found: Speed) -> None:
    text = json.dumps(
        {
            "format": _FORMAT,
            "computer": _computer(),
            "bfloat16_gain": round(found.gain, 3),
            "threads": found.threads,
        },
        indent=1,
    )
    # A folder that cannot be written to only costs a trial each time.
    with suppress(OSError, RuntimeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
