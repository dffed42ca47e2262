"""All that decides a run, and what of it each level and tile asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.roles import MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.engine.outputs.places import Division, Place, Ref

# The command line reads the stages' names off the table: what takes long to import waits.
if TYPE_CHECKING:
    from pipeline.config.schema import Settings
    from pipeline.planning.levels import LevelPlan, Plan
    from pipeline.run.records import Input
    from stages.sheet import Sheet
    from stages.tiles import Grid, Tile


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

    def last(self, level: int) -> bool:
        """Whether a level is the print: nothing is made of it at a larger size."""
        return level == len(self.plan.levels)

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
