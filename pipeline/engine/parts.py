"""Which parts of levels are restyled for crops of a print that is not made.

All of the levels below the last one that is restyled: what a canvas differs there decides which
strokes all levels above are painted with. Of that last one the tiles that crops stand on, or, where
a few iterations join paint, windows of their own around the crops: they take less and come near
enough (docs/printing.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.engine.outputs import Brief, Place
from stages.tiles import Grid, Rect, Tile

MARGIN = 32  # px of a level around what stands on it that are restyled with it
_GAIN = 0.9  # of the work of tiles: windows that take more are not worth what they differ
_FEW = 10  # iterations in which windows stay near to tiles


@dataclass(frozen=True)
class Parts:
    """The parts of levels 1 to `last` that are restyled for crops of the print."""

    brief: Brief
    crops: Sequence[Rect]
    last: int

    def places(self, level: int) -> list[Place]:
        """The sweeps of a level."""
        own = self.brief.plan.levels[level - 1]
        return [Place(level=level, sweep=sweep) for sweep in range(1, own.sweeps + 1)]

    def tiles(self, at: Place) -> Sequence[Tile]:
        """What a sweep restyles."""
        if at.level < self._highest:
            return self.brief.grid(at).tiles
        return self.narrowed.grid(at).tiles if self.windowed(at.level) else self._beneath(at)

    def windowed(self, level: int) -> bool:
        """Whether a level is restyled in windows of its own."""
        return level == self._highest and self._windows is not None

    def left_out(self, level: int) -> bool:
        """Whether a level's restyling is not all as in the print."""
        if not self.brief.restyled(level):
            return False
        whole = (len(self.tiles(at)) == len(self.brief.grid(at).tiles) for at in self.places(level))
        return self.windowed(level) or not all(whole)

    def work(self, level: int) -> float:
        """Megapixel-iterations of restyling a level."""
        pixels = sum(tile.window.pixels for at in self.places(level) for tile in self.tiles(at))
        return pixels * self.brief.plan.levels[level - 1].iterations / 1e6

    @cached_property
    def narrowed(self) -> Brief:
        """The brief of the print with windows in the place of tiles."""
        if self._windows is None:
            return self.brief
        levels = list(self.brief.plan.levels)
        own = levels[self._highest - 1]
        levels[self._highest - 1] = replace(own, grids=(self._windows,))
        return replace(self.brief, plan=replace(self.brief.plan, levels=tuple(levels)))

    @cached_property
    def _highest(self) -> int:
        """The last level that is restyled; 0 if none is."""
        levels = range(1, self.last + 1)
        return max((n for n in levels if self.brief.restyled(n)), default=0)

    @cached_property
    def _windows(self) -> Grid | None:
        """The windows of the highest level, if it is restyled in some."""
        from stages import crops

        if not self.brief.painted or self.brief.division or not self._highest:
            return None
        at, plan = Place(level=self._highest, sweep=1), self.brief.plan
        own = self.brief.level(at)
        if own.sweeps > 1 or own.iterations > _FEW or self.brief.alone(at):
            return None
        most = own.window.pixels  # what memory is planned for
        cut = crops.windowed(
            own.size, self._needed(), halo=plan.halo, align=plan.alignment, most=most
        )
        tiles = sum(tile.window.pixels for tile in self._beneath(at))
        windows = [tile.window.pixels for tile in cut.tiles]
        less = max(windows) <= most and sum(windows) < _GAIN * tiles
        return cut if less else None

    def _beneath(self, at: Place) -> list[Tile]:
        """The tiles of a sweep that crops stand on."""
        needed, tiles = self._needed(), self.brief.grid(at).tiles
        return [tile for tile in tiles if any(tile.write.overlap(each) for each in needed)]

    def _needed(self) -> list[Rect]:
        """What of the highest level crops stand on, through all levels above it."""
        from stages import crops

        found, size = list(self.crops), self.brief.plan.size
        for number in range(self.last, self._highest - 1, -1):
            own = self.brief.plan.levels[number - 1].size
            found = [crops.needed(each, size, own, MARGIN) for each in found]
            size = own
        return found
