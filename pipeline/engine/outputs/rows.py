"""One row of the table: an output, what decides it, what it costs, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engine.outputs.brief import Brief
from pipeline.engine.outputs.jobs import Job, Made
from pipeline.engine.outputs.places import Place, Ref, Scope
from pipeline.engine.outputs.values import Unset, decided

# The command line reads the stages' names off the table: what takes long to import waits.
if TYPE_CHECKING:
    from stages.tasks import Task


def nothing(brief: Brief, place: Place) -> object:
    """No facts of the plan matter beside the settings."""
    return None


def no_inputs(brief: Brief, place: Place) -> Iterable[Ref]:
    """It is made of no other output."""
    return ()


def always(brief: Brief, place: Place) -> bool:
    """At every place of its scope."""
    return True


def free(brief: Brief, place: Place) -> float:
    """It costs nothing worth counting."""
    return 0.0


@dataclass(frozen=True)
class Apart:
    """How a tile is made where it is one of many: its work as a task, and what its result makes.

    `step` is the work of one of the task's steps.
    """

    task: Callable[[Job], Task[Any]]
    made: Callable[[Any], Made]
    step: Callable[[Brief, Place], float]


@dataclass(frozen=True, kw_only=True)
class Output:
    """One row of the table.

    `version` is raised when the bytes change. `facts` are what of the plan or the inputs' files
    decides the bytes beside `settings` and `inputs`. `work` is in megapixel-iterations, `bytes`
    what it takes on the disk; `paced` outputs say themselves how far they are. `measured` outputs
    are numbers about pixels, which another way of looking at them asks for anew; `product` is what
    the user wanted, left by `clean`. Outputs with `replaced_by` are dropped when that one is made.
    `looks` draw into a file of that name what the made one was made with, for people.
    """

    name: str
    stage: str
    scope: Scope
    pattern: str
    version: str
    make: Callable[[Job], Made]
    inputs: Callable[[Brief, Place], Iterable[Ref]] = no_inputs
    settings: tuple[str, ...] = ()
    facts: Callable[[Brief, Place], object] = nothing
    there: Callable[[Brief, Place], bool] = always
    work: Callable[[Brief, Place], float] = free
    bytes: Callable[[Brief, Place], float] = free
    before: Callable[[Brief, Place], Ref] | None = None  # what it was before, to look at
    looks: Mapping[str, Callable[[Job, Path, Path], None]] = field(default_factory=dict)
    replaced_by: Callable[[Brief, Place], Ref | None] = lambda brief, place: None
    paced: bool = False
    measured: bool = False
    product: bool = False
    tries: int = 1
    divisible: bool = False  # may be made in parts where memory is short
    apart: Apart | None = None  # its places may be made side by side, on any computer

    def file(self, place: Place, brief: Brief | None = None) -> str:
        """Its file inside the run, with forward slashes; those at the top are named by `brief`."""
        names = {"print": brief.print_name} if brief is not None else {}
        return self.pattern.format(**asdict(place), **names)

    def direct(self, brief: Brief, place: Place) -> object:
        """What decides its bytes beside its inputs."""
        all_values = ((key, decided(brief, key)) for key in self.settings)
        values = [(key, value) for key, value in all_values if value is not Unset.UNSET]
        return self.name, self.version, values, self.facts(brief, place)
