"""Lineage: the key of every output of a run, the hash of all that decides its bytes.

A key holds the fingerprints of the inputs, the stage's version, the settings that matter to it,
the encoder's weights and the keys of what the output is made from: a changed setting changes
exactly the keys that depend on it. Stages are imported late: they bring torch, which `status` and
`plan` do without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.config import load as config
from pipeline.config.schema import Settings
from pipeline.planning.levels import LevelPlan, Plan
from pipeline.run.records import Manifest, key_of
from stages.tiles import Tile

if TYPE_CHECKING:
    from stages.canvas import PrintFormat


@dataclass
class Lineage:
    """The keys of one run's outputs, hashed when they are first asked for."""

    manifest: Manifest
    settings: Settings
    plan: Plan
    _sweeps: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def encoder(self) -> str:
        """SHA-256 of the encoder's weights when the run began."""
        return self.manifest.tools.get("encoder weights", "")

    @cached_property
    def photo(self) -> str:
        """The prepared photo."""
        from stages import prepare

        fingerprint = self.manifest.of_role("photo")[0].sha256
        return key_of("prepare", prepare.VERSION, fingerprint, self.plan.size)

    def style(self, index: int) -> str:
        """A prepared style image; the first has index 1."""
        from stages import prepare

        item = self.manifest.of_role("style")[index - 1]
        return key_of("style", prepare.VERSION, item.sha256, self.settings.style.max_pixels)

    @cached_property
    def _styles(self) -> str:
        count = len(self.manifest.of_role("style"))
        weights = config.style_weights(self.settings, count)
        keys = [self.style(i) for i in range(1, count + 1)]
        return key_of(keys, weights, self.settings.style.scale)

    @cached_property
    def _computing(self) -> str:
        """Everything that all computed stages share."""
        s = self.settings
        style = s.style.model_dump(exclude={"weights", "content_weight", "max_pixels", "scale"})
        run = (s.run.device, s.run.precision, s.run.threads, s.run.seed)
        return key_of(s.encoder.name, self.encoder, style, s.optimizer, run)

    @cached_property
    def display(self) -> str:
        """The display canvas."""
        from stages import display

        parts = (self.photo, self._styles, self._computing, self.plan.display)
        s = self.settings
        numbers = (s.style.content_weight, s.display.tooth, s.display.soften, s.display.comb)
        return key_of("display", display.VERSION, parts, numbers)

    @cached_property
    def energy(self) -> str:
        """The photo's content energy."""
        return key_of(self.display, "energy")

    def level(self, level: int) -> str:
        """The canvas that a level hands on."""
        if level == 0:
            return self.display
        plan = self.plan.levels[level - 1]
        return self.sweep(plan, plan.sweeps)

    def upsampled_photo(self, level: LevelPlan) -> str:
        """The photo at a level's size."""
        from stages import upsample

        return key_of("upsample", upsample.VERSION, self.photo, level.size)

    def upsampled(self, level: LevelPlan) -> str:
        """The canvas of the level below at a level's size."""
        from stages import upsample

        s = self.settings
        strokes = (s.levels.crisp, s.levels.bristles, s.run.seed)
        parts = (self.level(level.level - 1), level.size, strokes)
        return key_of("upsample", upsample.VERSION, parts)

    def style_moments(self, level: LevelPlan) -> str:
        """The style's moments at a level's size."""
        made = (self.settings.levels.soften, self.settings.levels.comb)
        return key_of(self._styles, self._computing, level.size, self.plan.halo, made)

    def sweep(self, level: LevelPlan, sweep: int) -> str:
        """The canvas after a sweep."""
        place = (level.level, sweep)
        if place not in self._sweeps:
            self._sweeps[place] = self._sweep(level, sweep)
        return self._sweeps[place]

    def _sweep(self, level: LevelPlan, sweep: int) -> str:
        from stages import restyle

        key = self.upsampled(level)
        numbers = (level.iterations, level.content_weight, self.plan.halo, self.plan.alignment)
        style = self.style_moments(level)
        common = (restyle.VERSION, style, self._computing, self.photo, numbers)
        for grid in level.grids[:sweep]:
            key = key_of("restyle", common, key, grid)
        return key

    def moments(self, level: LevelPlan, sweep: int) -> str:
        """The canvas's moments at the start of a sweep."""
        return key_of(self.sweep(level, sweep), "moments")

    def tile(self, level: LevelPlan, sweep: int, tile: Tile) -> str:
        """One tile of a sweep."""
        return key_of(self.sweep(level, sweep), "tile", tile.row, tile.col)

    def finish(self, fmt: PrintFormat) -> str:
        """The print files."""
        from stages import finish

        return key_of("finish", finish.VERSION, self.level(len(self.plan.levels)), fmt)
