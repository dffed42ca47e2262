"""What a worker of a cluster does with a task: it computes with tools that it keeps between tasks.

Nothing here knows which cluster it is: parcels and tasks come in, replies go out.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages.computing import Device, Precision
from stages.errors import UsageError
from stages.tasks import Shared, Task

if TYPE_CHECKING:
    from stages.nst.network import Encoder
    from stages.nst.published.form import Form
    from stages.nst.studio import Studio

_ONE_AT_A_TIME = threading.Lock()  # a task has all threads of its process
_AT_WORK: dict[tuple[object, ...], Studio] = {}


@dataclass(frozen=True)
class Facts:
    """What a process computes with; two that are `like` each other give the same pictures.

    `code` is SHA-256 of the sources.
    """

    tilebrush: str
    code: str
    torch: str
    numpy: str
    opencv: str
    cores: int
    host: str = ""

    def unlike(self, other: Facts) -> str:
        """What differs so that nothing can be shared, as "torch 2.6.0, needed 2.7.1"; or nothing.

        Builds of one torch for processors and for graphics cards go together.
        """
        for name in ("tilebrush", "torch"):
            own, wanted = (getattr(each, name).split("+")[0] for each in (self, other))
            if own != wanted:
                return f"{name} {own}, needed {wanted}"
        if self.code != other.code:
            return f"tilebrush {self.tilebrush} of another build, needed the same code"
        return ""

    def unsure(self, other: Facts) -> str:
        """What differs so that last digits may; or nothing."""
        names = ("torch", "numpy", "opencv")
        pairs = [(name, getattr(self, name), getattr(other, name)) for name in names]
        return ", ".join(
            f"{name} {own} instead of {want}" for name, own, want in pairs if own != want
        )


@cache
def facts(version: str, caller: Path | None = None) -> Facts:
    """What this process computes with; `version` is that of tilebrush, `caller` its other code."""
    import cv2
    import numpy as np

    several = getattr(os, "sched_getaffinity", None)
    return Facts(
        tilebrush=version,
        code=_code(Path(__file__).parent, *([caller] if caller else [])),
        torch=importlib.metadata.version("torch"),
        numpy=np.__version__,
        opencv=str(cv2.__version__),
        cores=len(several(0)) if several else os.cpu_count() or 1,
        host=platform.node(),
    )


def _code(*roots: Path) -> str:
    found = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


@dataclass(frozen=True)
class Kit:
    """What tasks of a run are computed with: the encoder, its numbers, the device, the threads.

    `weights` is the SHA-256 of the encoder's weights, which its parcel is checked by once more.
    `form` and `sketches` are those of the studio (stages.nst.published.use).
    """

    encoder: Shared[Encoder] | None
    weights: str
    precision: Precision
    device: Device
    threads: int
    form: Form | None = None
    sketches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """A task's result or error, and the seconds it took."""

    result: Any
    error: Exception | None
    seconds: float


class _Tools:
    """The tools of a task on a worker."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    @property
    def studio(self) -> Studio:
        """The encoder at work, made ready once."""
        kit = self._kit
        assert kit.encoder is not None
        name = kit.encoder.digest, kit.precision, kit.device, kit.form, kit.sketches
        if name not in _AT_WORK:
            from stages.nst.device import there
            from stages.nst.published.form import Form
            from stages.nst.studio import Studio

            encoder = kit.encoder.value
            if encoder.fingerprint != kit.weights:
                raise UsageError(
                    f"the encoder came with weights {encoder.fingerprint[:12]}, "
                    f"needed {kit.weights[:12]}"
                )
            _AT_WORK.clear()
            form, device = kit.form or Form(), there(kit.device)
            _AT_WORK[name] = Studio(encoder, kit.precision, device, form, kit.sketches)
        return _AT_WORK[name]

    def step(self) -> None:
        """Nobody looks on."""


def computed(task: Task[Any], kit: Kit) -> Reply:
    """Do a task with a kit's tools; an error of the task is part of the reply.

    Raises:
        NotHere: a value that it shares with others was not sent to this process.
    """
    from stages.tasks import NotHere

    with _ONE_AT_A_TIME:
        _prepare(task, kit)
        began = time.perf_counter()
        try:
            result, error = task.run(_Tools(kit)), None
        except NotHere:
            raise
        except Exception as raised:
            result, error = None, raised.with_traceback(None)
        return Reply(result, error, time.perf_counter() - began)


def _prepare(task: Task[Any], kit: Kit) -> None:
    """Threads as the kit says, whatever the cluster has set; memory as a run keeps it."""
    import cv2

    cv2.setNumThreads(kit.threads)
    if task.encoded:
        from stages.nst import allocator
        from stages.nst.device import use_threads

        allocator.keep_memory()
        use_threads(kit.threads)
