"""What an output of a run is: the words in which `pipeline.engine.table` declares each one.

An output has one row: its name, its file, the stage that makes it, what it is made from, the
settings and facts of the plan that decide it, and what it costs. Worker, keys, status, verify,
stage, plan and clean read the rows and know nothing else of any output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.config.roles import MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.engine.groups import CHOSEN, OLD_OPTIMIZER

# The command line reads the stages' names off the table: what takes long to import waits.
if TYPE_CHECKING:
    from pipeline.config.schema import Settings
    from pipeline.engine.executors.outcome import Executor
    from pipeline.planning.levels import LevelPlan, Plan
    from pipeline.run.records import Input
    from stages.nst.studio import Studio
    from stages.sheet import Sheet
    from stages.tasks import Task
    from stages.tiles import Grid, Tile

Kept = TypeVar("Kept")


class Unset(Enum):
    """The value of a setting that came later than a row's version and is as it was before it.

    It counts for nothing: the keys of older runs hold.
    """

    UNSET = "unset"


class Scope(Enum):
    """How many of an output a run has: one, or one for each of something."""

    RUN = "run"
    STYLE = "style"
    LEVEL = "level"
    SWEEP = "sweep"
    TILE = "tile"


@dataclass(frozen=True)
class Place:
    """Which one of an output: a style image (from 1), level, sweep (from 1), row and column."""

    style: int = 0
    level: int = 0
    sweep: int = 0
    row: int = 0
    col: int = 0

    def at(self, **changed: int) -> Place:
        """The place with some numbers changed."""
        return replace(self, **changed)


@dataclass(frozen=True)
class Ref:
    """An output by name and place."""

    name: str
    place: Place = Place()


@dataclass(frozen=True)
class Division:
    """From this tile on windows are worked on in so many parts: memory was too small for one."""

    level: int
    sweep: int
    row: int
    col: int
    parts: int


@dataclass(frozen=True)
class Brief:
    """All that decides a run: resolved settings, the plan made of them, inputs, weights."""

    settings: Settings
    plan: Plan
    inputs: tuple[Input, ...] = ()
    weights: str = ""  # SHA-256 of the encoder's weights when the run began
    divisions: tuple[Division, ...] = ()

    def of_role(self, role: str) -> list[Input]:
        """The inputs of a role, "photo" or "style", in their order."""
        return [item for item in self.inputs if item.role == role]

    @property
    def style_count(self) -> int:
        """How many style images there are."""
        return len(self.of_role("style"))

    @property
    def paintings(self) -> tuple[int, ...]:
        """The numbers, from 1, of the style images that weigh anything."""
        from pipeline.config.load import counted

        return counted(self.settings, self.style_count)

    def has(self, role: str) -> bool:
        """Whether there is an input of a role."""
        return bool(self.of_role(role))

    @property
    def division(self) -> tuple[tuple[int, bool], ...]:
        """For each of `paintings` whose mask it has, 0 for none, and whether it has one on it.

        Paintings with the same mask have the first one's. Empty where nothing is divided.
        """
        found: dict[str, int] = {}
        parts = []
        for number in self.paintings:
            masks = [*self.of_role(role(MASK, number)), *self.of_role(role(MAP, number))]
            # Of a map the painting's own decides, too.
            on = [*self.of_role(role(STYLE_MASK, number)), *self.of_role(role(STYLE_MAP, number))]
            same = "".join(each.sha256 for each in masks)
            if self.has(role(MAP, number)):
                same += "".join(each.sha256 for each in on)
            parts.append((found.setdefault(same, number) if masks else 0, bool(on)))
        return tuple(parts) if any(mask for mask, _ in parts) else ()

    @property
    def painting(self) -> str:
        """What paint and statistics are taken from, by name."""
        return "recoloured style" if self.settings.colour.place == "before" else "style"

    @property
    def palette(self) -> float:
        """How far the photo's colours are moved to the paintings', unless those are to it."""
        return 0.0 if self.settings.colour.place == "before" else self.settings.style.palette

    @property
    def printed(self) -> Ref:
        """The canvas that the print files are made of."""
        if self.settings.colour.place == "after":
            return Ref("coloured canvas")
        last = len(self.plan.levels)
        return Ref(self.result(last), Place(level=last))

    def level(self, place: Place) -> LevelPlan:
        """The level of a place above display."""
        return self.plan.levels[place.level - 1]

    def grid(self, place: Place) -> Grid:
        """The tiles of a place's sweep."""
        return self.level(place).grids[place.sweep - 1]

    def tile(self, place: Place) -> Tile:
        """The tile of a place."""
        grid = self.grid(place)
        return grid.tiles[place.row * grid.columns + place.col]

    @property
    def sheet(self) -> Sheet:
        """The print as it goes into its files: the picture and what lies around it."""
        from pipeline.planning.sheets import exact_sheet

        return exact_sheet(self.settings)

    @property
    def crop(self) -> tuple[float, float]:
        """The point of the photo that is kept in the middle where it is cropped."""
        from pipeline.config.papers import parse_crop

        return parse_crop(self.settings.print.crop)

    @property
    def print_name(self) -> str:
        """What the print files are called, without suffix."""
        from pipeline.config.papers import named

        photos, styles = (
            [Path(item.name).stem for item in self.of_role(role)] for role in ("photo", "style")
        )
        return named(self.settings.print.name, "".join(photos[:1]), styles)

    def profile(self, key: str) -> object:
        """What a setting that names a profile decides: for a file its bytes, not where it lies."""
        name = str(setting(self.settings, key))
        known = [item.sha256 for item in self.of_role("profile") if item.path == name]
        if known:
            return known[0]
        if not Path(name).is_absolute():
            return name
        from pipeline.run.records import Input

        return Input.of("profile", Path(name)).sha256

    @property
    def painted(self) -> bool:
        """Whether canvases are painted with the paintings' own paint."""
        return self.settings.style.matching != "moments"

    @property
    def joining(self) -> int:
        """Iterations that join the display's paint."""
        return self.settings.paint.join if self.settings.style.matching == "both" else 0

    @property
    def display_iterations(self) -> int:
        """Iterations of all scales of the display, and those that join its paint."""
        return sum(scale.iterations for scale in self.plan.display) + self.joining

    def held(self, level: int) -> float:
        """The share of the forms of the level below that a painted level keeps."""
        shares = self.settings.paint.hold
        return shares[min(level, len(shares)) - 1] if self.painted else 0.0

    def restyled(self, level: int) -> bool:
        """Whether a level above display is restyled by the optimizer."""
        return self.plan.levels[level - 1].iterations > 0

    def alone(self, place: Place) -> bool:
        """Whether a single tile is the whole canvas of a place's level."""
        return self.grid(place).tiles[0].core.pixels == self.level(place).size.pixels

    def start(self) -> str:
        """The canvas that a level's first sweep begins with, by name."""
        return "painted canvas" if self.painted else "enlarged canvas"

    def result(self, level: int) -> str:
        """The canvas that a level hands on, by name; level 0 is the display."""
        if not level:
            return "display canvas"
        return "level canvas" if self.restyled(level) else "painted canvas"

    def ratio(self, place: Place) -> float:
        """How much larger a level is than the one below."""
        sizes = [self.plan.display[-1].size, *(level.size for level in self.plan.levels)]
        return self.level(place).size.width / sizes[place.level - 1].width

    def parts(self, place: Place) -> int:
        """In how many parts a tile's window is worked on."""
        here = (place.level, place.sweep, place.row, place.col)
        found = [d.parts for d in self.divisions if (d.level, d.sweep, d.row, d.col) <= here]
        return max(found, default=1)

    @property
    def shares(self) -> tuple[float, ...]:
        """What each of `paintings` counts; they add up to one."""
        from pipeline.config.load import style_weights

        weights = style_weights(self.settings, self.style_count)
        return tuple(weights[number - 1] for number in self.paintings)

    @property
    def scales(self) -> tuple[float, ...]:
        """The size of each of `paintings` relative to the canvas."""
        from pipeline.config.load import style_scales

        scales = style_scales(self.settings, self.style_count)
        return tuple(scales[number - 1] for number in self.paintings)

    def value(self, key: str) -> object:
        """What a setting decides.

        Of the encoder that is its weights, not where they lie; of paintings their shares; nothing
        of what this optimizer or way of matching does not use.
        """
        if key == "encoder.name":
            return Path(self.settings.encoder.name).name, self.weights
        if key == "style.palette":
            return self.palette
        if key == "style.weights":
            return self.shares
        if key == "style.scales":
            return self.scales if self.settings.style.scales else Unset.UNSET
        if key == "style.scale" and self.settings.style.scales:
            return None
        if key == "paint.hold":  # a fact of each level
            return Unset.UNSET
        if key in ("print.profile", "print.soft_proof"):
            return self.profile(key)
        if key in CHOSEN:
            return self._chosen(key)
        drawn = ("levels.crisp", "levels.bristles", "levels.comb", "levels.soften")
        laid = ("paint.copies", "paint.tone", "paint.lines", "paint.join", "paint.strokes")
        unused = drawn if self.painted else laid
        if key in unused or (key in OLD_OPTIMIZER and not self._counts(key)):
            return None
        return setting(self.settings, key)

    def _counts(self, key: str) -> bool:
        from pipeline.config import fields

        return fields.counts(self.settings, key)

    def _chosen(self, key: str) -> object:
        """What a recipe may choose, if it is another than the default and has an effect."""
        from pipeline.config import fields
        from pipeline.planning import network

        other = network.stands_in(self.settings)
        if key == "network.made_for":  # all that it decides
            return other or Unset.UNSET
        if key == ("network.input" if other else "network.stand_in"):
            return Unset.UNSET
        if key.startswith("losses.patch_") and not self.settings.losses.patches:
            return Unset.UNSET
        of_form = key.startswith(("network.pooling", "network.odd", "network.padding"))
        if of_form and other and network.use(self.settings).form.framed:
            return Unset.UNSET
        if fields.is_default(self.settings, key) or not self._counts(key):
            return Unset.UNSET
        return setting(self.settings, key)


def setting(settings: Settings, key: str) -> object:
    """The value of a setting by its dotted key."""
    from pipeline.config.fields import value_of

    return value_of(settings, key)


@dataclass(frozen=True)
class Made:
    """An output, computed; `write` puts it in a file, `notes` go into its record."""

    write: Callable[[Path], object]
    notes: Mapping[str, Any] = field(default_factory=dict)
    losses: tuple[float, ...] = ()


@dataclass(frozen=True)
class Job:
    """One output to make: what its row says it may read, and nothing else."""

    output: Output
    place: Place
    brief: Brief
    found: Callable[[Ref], Path]  # the file of an input
    open_studio: Callable[[], Studio]
    did: Callable[[float], None]  # told of megapixel-iterations as they are done
    decided: Callable[[int], tuple[int, ...]] | None = None  # iterations by the budget
    executor: Executor | None = None  # what does its tasks; without one this process does
    memo: dict[str, Any] = field(default_factory=dict)  # shared with the jobs of its neighbours

    def path(self, name: str, **changed: int) -> Path:
        """The file of an input, at this job's place but for what is changed.

        Raises:
            KeyError: the output's row does not name it, so its key would not depend on it.
        """
        ref = Ref(name, self.place.at(**changed))
        if ref not in self.output.inputs(self.brief, self.place):
            raise KeyError(f"{self.output.name} reads {name} {self.place}, which it does not name")
        return self.found(ref)

    def setting(self, key: str) -> Any:
        """The value of a setting.

        Raises:
            KeyError: the output's row does not name it, so its key would not depend on it.
        """
        if key not in self.output.settings:
            raise KeyError(f"{self.output.name} reads {key}, which its row does not name")
        return setting(self.brief.settings, key)

    @property
    def studio(self) -> Studio:
        """The encoder at work, loaded when first asked for."""
        return self.open_studio()

    def once(self, name: str, find: Callable[[], Kept]) -> Kept:
        """What is the same for all places of the output that are made together, found once."""
        if name not in self.memo:
            self.memo[name] = find()
        found: Kept = self.memo[name]
        return found

    def results(
        self, tasks: Iterable[Callable[[], Task[Any]]], step: float = 0.0
    ) -> Iterator[tuple[int, Any]]:
        """The results of tasks by number, in any order; a step of them counts as so much work."""
        from pipeline.engine.executors.here import Here
        from pipeline.engine.executors.outcome import results

        executor = self.executor or Here()
        return results(executor, tasks, lambda steps: self.did(steps * step), self.open_studio)


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
        all_values = ((key, brief.value(key)) for key in self.settings)
        values = [(key, value) for key, value in all_values if value is not Unset.UNSET]
        return self.name, self.version, values, self.facts(brief, place)
