"""What the computer offers: cores, memory and disk, as far as this process may use them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Memory:
    """Main memory in bytes; limits of control groups (containers) and of ulimit are counted in."""

    total: int
    available: int


def cores() -> int:
    """Processor cores this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    for group in _groups("cpu", _PROC, _GROUPS):
        quota, _, period = _text(group / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit() and int(period) > 0:
            count = min(count, max(1, -(-int(quota) // int(period))))
    return max(1, count)


def memory(proc: Path = _PROC, root: Path = _GROUPS) -> Memory:
    """Memory in all and what is free for use now."""
    import psutil

    machine = psutil.virtual_memory()  # type: ignore[no-untyped-call]
    total, available = int(machine.total), int(machine.available)
    for group in _groups("memory", proc, root):
        for limit_name, used_name in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, used = _text(group / limit_name), _text(group / used_name)
            if limit.isdigit() and int(limit) < machine.total:
                total = min(total, int(limit))
                cached = _reclaimable(group)
                taken = max(0, int(used) - cached) if used.isdigit() else 0
                available = min(available, max(0, int(limit) - taken))
    room, free = _address_room()
    return Memory(min(total, room), min(available, free))


def forget_peak() -> None:
    """Have the most memory that this process has used so far count from now on, on Linux."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _address_room() -> tuple[int, int]:
    """What `ulimit -v` leaves in all and now; without it, more than there can be."""
    try:
        import resource
    except ImportError:  # Windows
        return sys.maxsize, sys.maxsize
    import psutil

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return sys.maxsize, sys.maxsize
    used = psutil.Process().memory_info()  # type: ignore[no-untyped-call]
    # Libraries map far more than they use, and the limit counts all of it.
    return max(0, limit - (used.vms - used.rss)), max(0, limit - used.vms)


def _reclaimable(group: Path) -> int:
    # Cached file pages count as used in a group, but are given up on demand.
    for line in _text(group / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file") and value.isdigit():
            return int(value)
    return 0


def _groups(controller: str, proc: Path, root: Path) -> Iterator[Path]:
    """The control groups of this process and those above it, of version 2 and 1."""
    for line in _text(proc).splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            base = root
        elif controller in controllers.split(","):
            base = root / controller
        else:
            continue
        group = base / path.lstrip("/")
        # In a container the named group may lie above what is mounted: then the root is it.
        while group != base and group.is_relative_to(base):
            yield group
            group = group.parent
        yield base


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def disk_free(folder: Path) -> int:
    """Free bytes on the disk of `folder`, or of its nearest parent that is there."""
    folder = folder.expanduser().absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def writable(folder: Path) -> bool:
    """Whether a file can be made in `folder`."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError:
        return False
    return True
