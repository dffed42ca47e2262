"""`tilebrush stage`: one stage of a run again, into a folder of its own, to look at what it does.

The run is only read. What is asked for is made by the same rows and functions as in the run; what
a changed setting touches on the way there is made anew in the folder too: numbers that were
measured wherever they belong, and everything of the stage itself. Pixels of other stages are taken
as the run has them. A setting that changes nothing of the stage is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.commands.results import StageResult
from pipeline.config import load as config
from pipeline.console.console import Console
from pipeline.engine import decisions, table
from pipeline.engine.loose import Loose, changed
from pipeline.engine.outputs import Brief, Output, Place, Ref, Scope
from pipeline.host.work_clock import worked
from pipeline.planning.resolve import open_studio, weights_of
from pipeline.run import claimed
from pipeline.run.directory import RunDir
from stages import canvas, plots
from stages.errors import TilebrushError, UsageError

_LOOK = ("after.npy", "before.npy", "after.png", "before.png", "difference.png")
_LOSS = "loss.png"
_PICTURE_SIDE = 4096  # px, of the pictures beside the exact values


@dataclass(frozen=True)
class Asked:
    """Which stage is to be run again: its name, level and perhaps one tile."""

    stage: str
    level: int | None = None
    tile: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """As in the name of the folder."""
        name = self.stage if not self.level else f"{self.stage}@{self.level}"
        return name + (f"-tile-{self.tile[0]}-{self.tile[1]}" if self.tile else "")


def rerun(
    run_dir: Path, asked: Asked, overrides: dict[str, str], into: Path | None, console: Console
) -> StageResult:
    """Run one stage again with the run's inputs and perhaps other settings.

    Without `into`, the folder is `RUN-stage` beside the run.

    Raises:
        UsageError: no such stage, level or tile; a setting that is unknown or of another stage; a
            file in the folder that is not of an earlier rerun would be overwritten.
        RunMissing: no run there.
        TilebrushError: the stage's inputs are not made yet.
    """
    began = worked()
    run = RunDir.open(run_dir)
    again = _Again(run, asked, overrides, console)
    folder = into or run.root.with_name(f"{run.root.name}-{asked.name.replace('@', '-')}")
    claimed.made(folder, run.root)
    losses = again.made(folder)
    claimed.note(folder, losses=losses[:1] + losses[-1:], seconds=round(worked() - began, 2))
    return StageResult(
        stage=asked.name,
        folder=str(folder),
        files=tuple(sorted(again.names)),
        first_loss=losses[0] if losses else 0.0,
        last_loss=losses[-1] if losses else 0.0,
        took_seconds=round(worked() - began, 2),
    )


class _Again:
    """The outputs of one stage, made into another folder."""

    def __init__(
        self, run: RunDir, asked: Asked, overrides: dict[str, str], console: Console
    ) -> None:
        self.run, self.asked, self.overrides, self.console = run, asked, overrides, console
        self.names: list[str] = []
        manifest = run.manifest()
        self.old = decisions.brief_of(run, manifest)
        self.manifest = manifest
        self.new = self._changed(overrides) if overrides else self.old
        self.targets = self._targets()
        for key, value in overrides.items():
            self._check_used(key, value)

    def _changed(self, overrides: dict[str, str]) -> Brief:
        """The run with other settings."""
        settings = config.apply_preset(config.override(self.old.settings, overrides))
        brief = decisions.brief_of(self.run, self.manifest, settings)
        if any(key.startswith("encoder.") for key in overrides):
            brief = replace(brief, weights=weights_of(settings, self.console))
        return brief

    def _targets(self) -> list[Ref]:
        """What is to be made: of a level's sweeps the last, with its canvas if all tiles are."""
        stage, level = self.asked.stage, self.asked.level
        known = table.stages()
        if stage not in known:
            raise UsageError(f"unknown stage {stage!r}; there are {', '.join(known)}")
        if self.asked.tile is not None and stage != "restyle":
            raise UsageError(f"--tile goes with restyle@LEVEL, not with {stage}")
        if not known[stage]:
            if level not in (None, 0):
                raise UsageError(f"{stage} has no levels; name it without @{level}")
            own = [each for each in self._walk() if each[0].stage == stage]
            pixels = [each for each in own if not each[0].measured]
            if not own:
                raise UsageError(
                    f"this run has no {stage}: its colours are not kept after it is painted, see "
                    "colour.keep and colour.when"
                )
            return [Ref(row.name, place) for row, places in pixels or own for place in places]
        count = len(self.new.plan.levels)
        if level is None or not 1 <= level <= count:
            found = "no level" if level is None else f"level {level}"
            raise UsageError(
                f"{found} given for {stage}; this run has levels 1 to {count}: {stage}@{count}"
            )
        return self._of_level(stage, level)

    def _walk(self) -> list[tuple[Output, list[Place]]]:
        return list(table.walk(self.new))

    def _of_level(self, stage: str, level: int) -> list[Ref]:
        sweeps = self.new.plan.levels[level - 1].sweeps
        found = []
        for output, places in self._walk():
            if output.stage != stage or output.measured:
                continue
            for place in places:
                if place.level == level and place.sweep in (0, sweeps):
                    found.append(Ref(output.name, place))
        if not found:
            raise UsageError(
                f"this run has no {stage}@{level}: with style.matching "
                f"{self.new.settings.style.matching!r} its canvas is another stage's"
            )
        if stage != "restyle":
            return found
        if self.asked.tile is None:
            return [*found, Ref("level canvas", Place(level=level))]
        grid = self.new.plan.levels[level - 1].grids[-1]
        own = [ref for ref in found if (ref.place.row, ref.place.col) == self.asked.tile]
        if not own:
            raise UsageError(
                f"no tile {self.asked.tile[0]},{self.asked.tile[1]}; rows are 0 to "
                f"{grid.rows - 1} and columns 0 to {grid.columns - 1}"
            )
        return own

    # ---- settings that are changed

    def _check_used(self, key: str, value: str) -> None:
        """Refuse a setting that nothing of what is made again depends on."""
        if config.override(self.old.settings, {key: value}) == self.old.settings:
            return  # as it is
        alone = self._changed({key: value})
        mine = {*self.targets, *self._behind(alone, self.targets)}
        if changed(self.old, alone, sorted(mine, key=repr)):
            return
        briefs = (self.old, alone)
        every = [Ref(o.name, p) for b in briefs for o, places in table.walk(b) for p in places]
        stages = [
            table.row(ref.name).stage + (f"@{ref.place.level}" if ref.place.level else "")
            for ref in changed(self.old, alone, every)
        ]
        where = ", ".join(dict.fromkeys(stages))
        raise UsageError(
            f"{key} changes nothing of {self.asked.name}; "
            + (f"it belongs to {where}" if where else "it has no effect on any output of this run")
        )

    def _behind(self, brief: Brief, refs: list[Ref]) -> list[Ref]:
        """What of the inputs of some outputs is made anew if it is decided otherwise."""
        found: list[Ref] = []
        for ref in refs:
            inputs = [each for each in self._inputs(brief, ref) if self._own(each)]
            found += [*inputs, *self._behind(brief, inputs)]
        return list(dict.fromkeys(found))

    def _inputs(self, brief: Brief, ref: Ref) -> list[Ref]:
        return list(table.row(ref.name).inputs(brief, ref.place))

    def _own(self, ref: Ref) -> bool:
        """Whether an input may be made anew here: what was measured, and this stage's own."""
        output = table.row(ref.name)
        if output.measured:
            return True
        shown = ref in self.targets
        return shown and output.stage in (self.asked.stage, "blend")

    # ---- making

    def made(self, folder: Path) -> list[float]:
        """Make it all; gives the losses."""
        made = [*self._anew(), *self.targets]
        settings = self.new.settings
        for ref in made:
            self._need(ref, made)
        names = [name for ref in made for name in self._written(ref)]
        names += [_LOSS] if any(self._optimized(ref) for ref in made) else []
        self.names = list(dict.fromkeys(names))
        said = {"run": str(self.run.root), "stage": self.asked.name, "set": self.overrides}
        claimed.claim(folder, self.names, said)
        work = sum(table.row(ref.name).work(self.new, ref.place) for ref in made)
        with self.console.progress(work, self.asked.name) as bar:
            loose = Loose(
                brief=self.new,
                folder=folder,
                open_studio=lambda: open_studio(settings, self.console),
                did=bar.advance,
                elsewhere=self._file,
            )
            for ref in made:
                self._make(loose, ref, folder)
        if _LOSS in self.names:
            plots.losses(loose.curves, folder / _LOSS)
        return loose.losses

    def _anew(self) -> list[Ref]:
        """Inputs that the changed settings decide otherwise, in the order of the table."""
        own = [ref for ref in self._behind(self.new, self.targets) if ref not in self.targets]
        decided = set(changed(self.old, self.new, own))
        found: list[Ref] = []
        for output, places in self._walk():
            for place in places:
                ref = Ref(output.name, place)
                if ref in own and (
                    ref in decided or any(each in found for each in self._inputs(self.new, ref))
                ):
                    found.append(ref)
        return found

    def _file(self, ref: Ref) -> Path:
        return self.run.path(table.row(ref.name).file(ref.place, self.old))

    def _need(self, ref: Ref, made: list[Ref]) -> None:
        for each in self._inputs(self.new, ref):
            if each in made:
                continue
            output = table.row(each.name)
            gone = output.replaced_by(self.old, each.place) is not None
            gone = gone or not output.there(self.old, each.place)
            if gone or _bytes(self.old, each) != _bytes(self.new, each):
                raise UsageError(
                    f"with these settings {self.run.name(self._file(each))} would be another, "
                    f"which belongs to {table.row(each.name).stage}; change them in a new run"
                )
            if not self._file(each).is_file():
                raise TilebrushError(
                    f"{self.run.name(self._file(each))} is not in the run yet (or was cleaned "
                    "away); run tilebrush resume first"
                )

    def _optimized(self, ref: Ref) -> bool:
        """Whether making an output brings losses."""
        output = table.row(ref.name)
        return output.stage in ("display", "restyle") and not output.measured

    def _shown(self, ref: Ref) -> bool:
        """Whether an output is shown beside what it was before."""
        output = table.row(ref.name)
        many = output.scope is Scope.TILE and self.asked.tile is None
        return output.before is not None and not many

    def _written(self, ref: Ref) -> tuple[str, ...]:
        """The files that `_make` writes, its main one first."""
        if self._shown(ref):
            return (*_LOOK, *table.row(ref.name).looks)
        name = Path(table.row(ref.name).file(ref.place, self.new)).name
        if name.endswith(".npy") and table.row(ref.name).scope is not Scope.TILE:
            return name, str(Path(name).with_suffix(".png"))
        return (name,)

    def _make(self, loose: Loose, ref: Ref, folder: Path) -> None:
        main, *more = self._written(ref)
        path = loose.make(ref, main)
        if self._shown(ref):
            self._before(table.row(ref.name), ref.place, folder)
            _pictures(folder)
            for name, draw in table.row(ref.name).looks.items():
                draw(loose.job(ref), path, folder / name)
        for name in () if self._shown(ref) else more:
            canvas.preview(path, folder / name)

    def _before(self, output: Output, place: Place, folder: Path) -> None:
        """What it was before: the part of a tile, or the whole at the size that it has now."""
        assert output.before is not None
        source = self._file(output.before(self.new, place))
        if output.scope is Scope.TILE:
            canvas.write(folder / "before.npy", canvas.read(source, self.new.tile(place).write))
        else:
            size = canvas.size_of(folder / "after.npy")
            canvas.resize(source, folder / "before.npy", size)


def _bytes(brief: Brief, ref: Ref) -> float | None:
    """What an output takes on the disk, which tells its size in px; None if there is none."""
    try:
        return table.row(ref.name).bytes(brief, ref.place)
    except IndexError:
        return None


def _pictures(folder: Path) -> None:
    """8-bit pictures of before, after and four times their difference, at full size."""
    size = canvas.size_of(folder / "after.npy")
    side = min(max(size.width, size.height), _PICTURE_SIDE)
    for name in ("before", "after"):
        canvas.preview(folder / f"{name}.npy", folder / f"{name}.png", side)
    canvas.difference(
        folder / "before.npy", folder / "after.npy", folder / "difference.png", 4.0, side
    )
