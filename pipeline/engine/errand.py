"""A whole picture made anywhere, as one task: prepared inputs go there as files, one comes back.

The rows of the table make it there as they do here, into a folder that goes with the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine import table
from pipeline.engine.loose import Loose, needed
from pipeline.engine.outputs import Brief, Ref
from pipeline.engine.table import costs
from pipeline.host import resources
from pipeline.host.work_clock import worked
from pipeline.planning.resolve import peak_memory
from pipeline.run import scratch
from stages.tasks import Shared, Task, Tools

if TYPE_CHECKING:
    from stages.filed import Filed

STEPS = 100  # in which the work of a picture is told of

Given = Mapping[Ref, "Shared[Filed]"]


@dataclass(frozen=True)
class Brought:
    """A canvas, as a file, with its losses, and what it took where it was made."""

    canvas: Filed
    losses: tuple[float, ...]
    seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class Errand(Task[Brought]):
    """The making of what is `printed` of a brief without levels; `given` are prepared inputs."""

    brief: Brief
    given: Given
    label: str = ""
    steps = STEPS

    @property
    def name(self) -> str:
        """What it is, for people."""
        return self.label

    def shared(self) -> tuple[Shared[Filed], ...]:
        """The inputs, which other pictures may have too."""
        return tuple(self.given.values())

    def run(self, tools: Tools) -> Brought:
        """Make it."""
        from stages.filed import Filed

        resources.forget_peak()
        began = worked()
        with scratch.folder() as folder:
            loose = Loose(
                brief=self.brief,
                folder=folder,
                open_studio=lambda: tools.studio,
                did=_steps(costs.display_work(self.brief), tools.step),
                elsewhere=lambda ref: folder / "none",
            )
            for number, (ref, each) in enumerate(self.given.items()):
                loose.made[ref] = each.value.at(folder / f"given-{number}.npy")
            for number, ref in enumerate(needed(self.brief, self.brief.printed)):
                if ref not in loose.made:
                    loose.make(ref, f"made-{number}.npy")
            canvas = Filed.read(loose.made[self.brief.printed])
        return Brought(canvas, tuple(loose.losses), worked() - began, peak_memory())


def inputs(brief: Brief) -> list[Ref]:
    """The prepared inputs that a picture is made from."""
    return [r for r in needed(brief, brief.printed) if table.row(r.name).stage == "prepare"]


def shared(path: Path) -> Shared[Filed]:
    """A prepared input, for errands."""
    from stages.filed import Filed

    return Shared(Filed(path))


def _steps(whole: float, step: Callable[[], None]) -> Callable[[float], None]:
    """Tells of a step whenever a hundredth of the work was done."""
    done, told = 0.0, 0

    def did(part: float) -> None:
        nonlocal done, told
        done += part
        while told < min(STEPS, int(STEPS * done / whole + 1e-6)):
            told += 1
            step()

    return did
