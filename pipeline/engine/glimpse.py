"""Crops of a print that is not made, by the table's own rows: levels only as far as crops need.

Every level below the last has its whole canvas, painted, so that what is taken of the whole of it
is; but only what crops stand on is restyled (`pipeline.engine.parts`). Of the last level nothing
but the crops is made, unless it is restyled (`stages.paint.Glimpses`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path

from pipeline.engine import table
from pipeline.engine.loose import Loose
from pipeline.engine.makers import finishing, given
from pipeline.engine.outputs import Brief, Place, Ref
from pipeline.engine.parts import Parts
from pipeline.engine.table import costs
from stages.sheet import NO_BORDER
from stages.tiles import Rect

_STARTS = ("enlarged canvas", "zones", "dictionary", "survey", "painted canvas")
_RESTYLED = ("level photo", "style moments")
_BEFORE = ("prepare", "palette", "display")
_PIXEL = 12  # bytes of a canvas
_CANVASES = 5  # that a level has at once, at most


def begun(brief: Brief) -> list[Ref]:
    """The outputs that crops are chosen by and that all levels stand on, the photo before all."""
    return [
        Ref(output.name, place)
        for output, places in table.walk(brief)
        if output.stage in _BEFORE
        for place in places
    ]


def disk_bytes(brief: Brief, style_pixels: int) -> int:
    """Bytes that making crops takes in between."""
    levels = brief.plan.levels[:-1] if _apart(brief) else brief.plan.levels
    whole = sum(level.size.pixels for level in levels)
    return _PIXEL * (brief.plan.size.pixels + style_pixels + _CANVASES * whole)


def _apart(brief: Brief) -> bool:
    """Whether the crops of the last level are made by themselves."""
    last = len(brief.plan.levels)
    return bool(last) and brief.painted and not brief.restyled(last)


@dataclass
class Glimpse:
    """Makes crops of the print of a brief; `loose` has made what `begun` names."""

    loose: Loose
    crops: Sequence[Rect]
    stage: Callable[[str], None] = lambda name: None

    @property
    def brief(self) -> Brief:
        """All that decides the print."""
        return self.loose.brief

    @cached_property
    def parts(self) -> Parts:
        """What is restyled."""
        return Parts(self.brief, self.crops, self._last_whole)

    @property
    def work(self) -> float:
        """Megapixel-iterations from the first level on."""
        return sum(
            sum(self._work(ref) for ref in self._whole(level)) + self.parts.work(level)
            for level in range(1, self._last_whole + 1)
        ) + (self._painting if self._last_whole < len(self.brief.plan.levels) else 0.0)

    def make(self) -> list[Path]:
        """The crops as canvases."""
        from stages import crops

        for level in range(1, self._last_whole + 1):
            self._level(level)
        if self._last_whole < len(self.brief.plan.levels):
            paths = self._painted()
            if self.brief.settings.colour.place != "after":
                return paths
            self._together(paths)
        if self.brief.settings.colour.place == "after":
            self.stage("colour")
            self._make(Ref("coloured canvas"))
        canvas = self.loose.made[self.brief.printed]
        paths = self._paths()
        for crop, path in zip(self.crops, paths, strict=True):
            crops.cut(canvas, path, crop)
        return paths

    def png(self, canvas: Path, out: Path) -> None:
        """Write a crop as print files are written, without what lies around the picture."""
        from stages import finish

        form = replace(finishing.print_format(self.loose.job(Ref("PNG"))), border=NO_BORDER)
        finish.run(canvas, out, "png", form)

    @property
    def shown(self) -> Path:
        """The largest canvas that is there as a whole."""
        last = self._last_whole
        return self.loose.made[Ref(self.brief.result(last), Place(level=last))]

    @property
    def said(self) -> str:
        """Where what is taken of the whole picture comes from, for people."""
        levels = self.brief.plan.levels
        if not levels:
            return "the whole picture: it is no larger than the display"
        parts = [str(n) for n in range(1, self._last_whole + 1) if self.parts.left_out(n)]
        found = "whole canvases of all levels"
        if parts:
            name = "level" if len(parts) == 1 else "levels"
            found += f"; {name} {' and '.join(parts)} restyled only under the crops"
        return found

    @property
    def in_part(self) -> bool:
        """Whether tiles are left out, or what colours are kept by is seen in part."""
        after = self.brief.settings.colour.place == "after" and _apart(self.brief)
        levels = range(1, self._last_whole + 1)
        return after or any(self.parts.left_out(level) for level in levels)

    # ---- levels

    @property
    def _last_whole(self) -> int:
        return len(self.brief.plan.levels) - (1 if _apart(self.brief) else 0)

    def _whole(self, level: int) -> Iterator[Ref]:
        """What is made of a level as in a print, in this order."""
        at = Place(level=level)
        for name in (*_STARTS, *_RESTYLED):
            if table.row(name).there(self.brief, at):
                # Only what is restyled is held to the photo.
                if name == "level photo" and not self.brief.restyled(level):
                    continue
                yield Ref(name, at)

    def _level(self, level: int) -> None:
        at, brief = Place(level=level), self.brief
        for ref in self._whole(level):
            self.stage(f"{table.row(ref.name).stage}@{level}")
            self._make(ref)
        if not brief.restyled(level):
            return
        self.stage(f"restyle@{level}")
        canvas = self.loose.made[Ref(brief.start(), at)]
        sweeps = self.parts.places(level)
        for here in sweeps:
            if table.row("moments").there(brief, here):
                self._make(Ref("moments", here))
            last = here == sweeps[-1]
            made = Ref("level canvas", at) if last else Ref("sweep canvas", here)
            canvas = self._restyled(here, canvas, made)

    def _restyled(self, at: Place, canvas: Path, made: Ref) -> Path:
        """A sweep over what the crops stand on; the rest of the canvas stays."""
        from stages import canvas as canvases
        from stages import crops

        path, tiles = self._path(made), self.parts.tiles(at)
        refs = [Ref("tile", at.at(row=tile.row, col=tile.col)) for tile in tiles]
        self._under(refs)
        files = [self.loose.made[ref] for ref in refs]
        if self.parts.windowed(at.level):
            parts = zip((t.write for t in tiles), map(canvases.read, files), strict=True)
            crops.pasted(canvas, path, parts)
        else:
            crops.laid(canvas, path, self.brief.grid(at), zip(tiles, files, strict=True))
        self.loose.made[made] = path
        return path

    def _under(self, refs: Sequence[Ref]) -> None:
        """Make tiles, or windows in the place of them."""
        loose = replace(
            self.loose, brief=self.parts.narrowed, open_studio=lambda: self.loose.studio()
        )
        loose.side_by_side(refs, lambda ref: _file(self.brief, ref))

    # ---- the last level

    @property
    def _painting(self) -> float:
        return sum(crop.pixels for crop in self.crops) * costs.PAINT_WORK / 1e6

    def _painted(self) -> list[Path]:
        """The crops of a last level that is not restyled."""
        from stages import canvas as canvases
        from stages import paint
        from stages.canvas.places import dictionary as dictionaries

        level = len(self.brief.plan.levels)
        at, below = Place(level=level), level - 1
        self.stage(f"paint@{level}")
        for name in ("zones", "dictionary"):
            if table.row(name).there(self.brief, at):
                self._make(Ref(name, at))
        job = self.loose.job(Ref("painted canvas", at))
        glimpses = paint.Glimpses(
            self.loose.made[Ref(self.brief.result(below), Place(level=below))],
            self.brief.level(at).size,
            dictionaries.load(job.path("dictionary")),
            given.how_held(job),
            given.zones_file(job),
        )
        pieces = [piece for crop in self.crops for piece in glimpses.pieces(crop)]
        files = [self.loose.folder / f"piece-{number}.npy" for number in range(len(pieces))]
        for number, pixels in job.results(partial(glimpses.task, piece) for piece in pieces):
            canvases.write(files[number], pixels)
            self.loose.did(pieces[number].pixels * costs.PAINT_WORK / 1e6)
        rest, paths = zip(pieces, map(canvases.read, files), strict=True), self._paths()
        for crop, path in zip(self.crops, paths, strict=True):
            glimpses.write(path, crop, islice(rest, len(glimpses.pieces(crop))))
        return paths

    def _together(self, paths: Sequence[Path]) -> None:
        """The crops on their canvas, which is only enlarged beside them: for its colours."""
        from stages import canvas, crops

        at = Place(level=len(self.brief.plan.levels))
        self._make(Ref("enlarged canvas", at))
        made = Ref(self.brief.result(at.level), at)
        parts = zip(self.crops, (canvas.read(path) for path in paths), strict=True)
        path = self._path(made)
        crops.pasted(self.loose.made[Ref("enlarged canvas", at)], path, parts)
        self.loose.made[made] = path

    # ---- files

    def _make(self, ref: Ref) -> None:
        made(self.loose, ref)

    def _path(self, ref: Ref) -> Path:
        return self.loose.folder / _file(self.brief, ref)

    def _paths(self) -> list[Path]:
        return [self.loose.folder / f"crop-{n}.npy" for n in range(1, len(self.crops) + 1)]

    def _work(self, ref: Ref) -> float:
        return table.row(ref.name).work(self.brief, ref.place)


def made(loose: Loose, ref: Ref) -> None:
    """Make an output under a name of its own."""
    loose.make(ref, _file(loose.brief, ref))
    output = table.row(ref.name)
    if not output.paced:
        loose.did(output.work(loose.brief, ref.place))


def _file(brief: Brief, ref: Ref) -> str:
    return table.row(ref.name).file(ref.place, brief).replace("/", "-")
