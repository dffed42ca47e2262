"""What a disk may hold after the power went: a model of which writes were flushed.

A file's bytes are safe after `fsync` of the file; its name is safe after `fsync` of its folder.
Of everything else the strictest disk loses all. A real one loses any part of it: then each name is
old or new, and each file is old, cut short, zeros, or new, as the dice fall.
"""

from __future__ import annotations

import os
import random
import signal
import stat
from collections.abc import Callable
from pathlib import Path

from benchmarks.faulty import Act, Step

_Entry = tuple[int, bool]  # number of the file on its disk; whether it is a folder


class Disk:
    """What of a folder is safe from a power cut, from now on."""

    def __init__(self, root: Path) -> None:
        """What is there now is safe."""
        self.root = root
        self._names: dict[int, dict[str, _Entry]] = {}
        self._bytes: dict[int, bytes] = {}
        self._kept_open: list[int] = []
        for folder in [root.parent, *(root.rglob("*") if root.exists() else ()), root]:
            if folder.exists():
                self.flushed(os.open(folder, os.O_RDONLY), ours=True)

    def flushed(self, handle: int, ours: bool = False) -> None:
        """Note what has just been flushed."""
        info = os.fstat(handle)
        # A number is given to another file once its file is gone; an open handle prevents that.
        own = handle if ours else os.dup(handle)
        self._kept_open.append(own)
        path = Path(f"/proc/self/fd/{own}")
        if stat.S_ISDIR(info.st_mode):
            self._names[info.st_ino] = _listing(path)
        else:
            self._bytes[info.st_ino] = path.read_bytes()

    def left(self, target: Path, dice: random.Random | None) -> None:
        """Write what a power cut now leaves to the new folder `target`, if anything at all.

        Without dice it is what the strictest disk leaves.
        """
        name = self.root.name
        now = _listing(self.root.parent)
        safe = self._names[self.root.parent.stat().st_ino]
        entry = _chosen(safe.get(name), now.get(name), dice)
        if entry is not None:
            self._folder(entry[0], self.root, target, dice)

    def _folder(self, number: int, live: Path, target: Path, dice: random.Random | None) -> None:
        target.mkdir()
        safe = self._names.get(number, {})
        now = _listing(live) if live.is_dir() and live.stat().st_ino == number else {}
        for name in sorted(safe.keys() | now.keys()):
            entry = _chosen(safe.get(name), now.get(name), dice)
            if entry is None:
                continue
            if entry[1]:
                self._folder(entry[0], live / name, target / name, dice)
            else:
                (target / name).write_bytes(self._file(entry[0], live / name, dice))

    def _file(self, number: int, live: Path, dice: random.Random | None) -> bytes:
        safe = self._bytes.get(number, b"")
        if dice is None or not live.is_file() or live.stat().st_ino != number:
            return safe
        now = live.read_bytes()
        if now == safe:
            return safe
        cut = dice.randrange(len(now) + 1)
        return dice.choice([safe, now, now[:cut], now[:cut] + bytes(len(now) - cut)])


def _chosen(safe: _Entry | None, now: _Entry | None, dice: random.Random | None) -> _Entry | None:
    return safe if dice is None or safe == now else dice.choice([safe, now])


def _listing(folder: Path) -> dict[str, _Entry]:
    with os.scandir(folder) as found:
        return {item.name: (item.inode(), item.is_dir(follow_symlinks=False)) for item in found}


def power_cut(
    number: int, root: Path, target: Path, dice: random.Random | None
) -> tuple[Act, Callable[[int], None]]:
    """At step `number` the power goes: `target` is then what the disk holds of `root`."""
    disk = Disk(root)

    def act(step: Step) -> None:
        if step.number == number:
            step.half()
            disk.left(target, dice)
            os.kill(os.getpid(), signal.SIGKILL)

    return act, disk.flushed
