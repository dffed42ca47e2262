"""What is called on a cluster's workers, by name: they have Tilebrush installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline
from pipeline import __version__
from pipeline.host.energy import Meter, Used

if TYPE_CHECKING:
    from stages.elsewhere import Facts, Kit, Reply
    from stages.tasks import Parcel, Task


def facts() -> Facts:
    """What this worker computes with."""
    from stages import elsewhere

    return elsewhere.facts(__version__, Path(pipeline.__file__).parent)


def keep(parcel: Parcel) -> str:
    """Keep what many tasks share; gives its hash."""
    from stages import tasks

    return tasks.keep(parcel)


def handed_on(digest: str) -> Parcel:
    """What this worker keeps, for another one."""
    from stages import tasks

    return tasks.handed_on(digest)


def done(task: Task[Any], kit: Kit) -> tuple[Reply, Used]:
    """A task's reply, and the energy that this computer drew meanwhile, where it can be read."""
    from stages import elsewhere

    meter = _meter()
    meter.skip()
    reply = elsewhere.computed(task, kit)
    return reply, meter.taken()


@cache
def _meter() -> Meter:
    return Meter()
