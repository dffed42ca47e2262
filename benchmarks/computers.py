"""A Dask cluster out of processes of this computer, and everything that may happen to it."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

QUIET = {"DASK_LOGGING__DISTRIBUTED": "critical", "OMP_NUM_THREADS": "1"}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def waited(until: Callable[[], bool], seconds: float = 120.0) -> bool:
    """Whether something became true in time."""
    ends = time.monotonic() + seconds
    while not until():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def answers(port: int) -> bool:
    """Whether somebody listens on a port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Wire:
    """A network cable: passes bytes from one port on to another, until it is cut.

    While it is cut nothing passes and nobody is told, as if a cable were pulled.
    """

    def __init__(self, onto: int) -> None:
        self._onto, self.whole = onto, threading.Event()
        self.whole.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._server.accept()
                self.whole.wait()
                other = socket.create_connection(("127.0.0.1", self._onto), 5)
            except OSError:
                if self._server.fileno() < 0:
                    return
                continue
            threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        ends = {one: other, other: one}
        with one, other, contextlib.suppress(OSError):
            while True:
                for ready in select.select([one, other], [], [], 0.2)[0]:
                    self.whole.wait()
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    ends[ready].sendall(data)

    def close(self) -> None:
        """Nothing new passes."""
        self._server.close()


@dataclass
class Computers:
    """A scheduler and workers, each with a nanny that starts it again."""

    count: int = 2
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    scheduler: subprocess.Popen[bytes] | None = None
    wires: list[Wire] = field(default_factory=list)

    @property
    def address(self) -> str:
        """What --cluster takes."""
        return f"tcp://127.0.0.1:{self.port}"

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            env=os.environ | QUIET | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self, wired: int = 0) -> None:
        """Start all; so many of the workers are on wires that can be cut."""
        self.scheduler = self._started(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        assert waited(lambda: answers(self.port))
        for number in range(self.count):
            if number < wired:
                self._wired()
            else:
                self._worker(self.address)

    def _worker(self, address: str, *more: str) -> None:
        given = ["--nthreads", "1", "--no-dashboard", "--memory-limit", "0", *more]
        self.processes.append(self._started("worker", address, *given))

    def _wired(self) -> None:
        up, own = Wire(self.port), free_port()
        down = Wire(own)
        self.wires += [up, down]
        self._worker(
            f"tcp://127.0.0.1:{up.port}", "--worker-port", str(own), "--host", "127.0.0.1",
            "--contact-address", f"tcp://127.0.0.1:{down.port}", "--no-nanny",
        )  # fmt: skip

    def workers(self) -> list[psutil.Process]:
        """The processes that compute, of those under nannies."""
        found = []
        for process in self.processes:
            with contextlib.suppress(psutil.Error):
                children = psutil.Process(process.pid).children()
                found += [c for c in children if "resource_tracker" not in " ".join(c.cmdline())]
        return found

    def strike(self, dice: random.Random, number: signal.Signals = signal.SIGKILL) -> bool:
        """Kill or stop one worker's process, wherever it is; says whether there was one."""
        there = self.workers()
        if not there:
            return False
        with contextlib.suppress(psutil.Error):
            dice.choice(there).send_signal(number)
            return True
        return False

    def cut(self) -> None:
        """Pull the cables."""
        for wire in self.wires:
            wire.whole.clear()

    def mend(self) -> None:
        """Put them in again."""
        for wire in self.wires:
            wire.whole.set()

    def kill_scheduler(self) -> None:
        """The computer with the scheduler loses its power; workers end some time after it."""
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()

    def stop(self) -> None:
        """End all of it."""
        self.mend()
        for worker in self.workers():
            with contextlib.suppress(psutil.Error):
                worker.kill()
        for process in (*self.processes, self.scheduler):
            if process is not None:
                process.kill()
                process.wait()
        for wire in self.wires:
            wire.close()
        self.processes, self.wires, self.scheduler = [], [], None
