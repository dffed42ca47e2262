"""How an output of a run is made: if it is not there, whole, and from the same things.

Resuming, repeating and mending are this one mechanism: each output has a key, the hash of all that
decides its bytes, and `Maker.ensure` makes what has no valid record with that key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import load as config
from pipeline.config.schema import DisplaySettings, LevelSettings
from pipeline.console.console import Console
from pipeline.engine import budget
from pipeline.engine.keys import Lineage
from pipeline.engine.session import Session
from pipeline.host import hours
from pipeline.planning.levels import FILE_WORK, LevelPlan
from pipeline.run.directory import RunDir
from pipeline.run.records import Input, Manifest
from stages.errors import DiskFull, InputImageError, RunDiffers, TilebrushError

if TYPE_CHECKING:
    from stages.canvas import PrintFormat, Strokes, Tooth
    from stages.measure import StyleImages
    from stages.nst.studio import Studio


@dataclass
class Tally:
    """What a worker did: tiles made, tiles found finished, tiles that failed twice."""

    computed: int = 0
    found: int = 0
    failed: list[str] = field(default_factory=list)


class Maker:
    """A run, its settings and keys, and the making of one output; the caller holds the lock."""

    def __init__(self, run: RunDir, console: Console, studio: Studio | None = None) -> None:
        self.run, self.console = run, console
        self.manifest: Manifest = run.manifest()
        self.settings = config.from_record(self.manifest.settings)
        self.plan = budget.planned(run, self.settings)
        if len(self.manifest.of_role("photo")) != 1 or not self.manifest.of_role("style"):
            raise TilebrushError(f"{run.root} names no photo or no style; start a new run")
        self.keys = Lineage(self.manifest, self.settings, self.plan)
        self.tally = Tally()
        habits = self.settings.run
        self.session = Session(
            hours.window(habits.only_between), console.message, disk_wait=habits.disk_wait
        )
        self._given = studio
        self._studio: Studio | None = None

    # ---- what is needed only when something is computed

    @property
    def studio(self) -> Studio:
        """The encoder, loaded when it is first needed.

        Raises:
            RunDiffers: its weights are not those that the run began with.
        """
        if self._studio is None:
            from stages.nst.device import open_studio

            s = self.settings
            self._studio = self._given or open_studio(
                s.encoder.name,
                s.encoder.weights,
                s.run.precision,
                s.run.threads,
                self.console.message,
                s.run.device,
            )
            found, wanted = self._studio.encoder.fingerprint, self.keys.encoder
            if found != wanted:
                raise RunDiffers(
                    f"{self.run.root} was begun with encoder weights {wanted[:12]}, now there are "
                    f"{found[:12]}; give the same weights, or start a new run"
                )
        return self._studio

    # ---- the one mechanism

    def ensure(
        self,
        path: Path,
        key: str,
        make: Callable[[Path], None],
        said: Callable[[], dict[str, Any]] = dict,
    ) -> bool:
        """Make an output unless it is there; returns whether it was made.

        `make` writes to the path it is given, `said` gives more for its record.
        """
        if self.run.valid(path, key, check="hash"):
            return False
        self.session.enter()
        self.commit(path, make, {"key": key, **said()})
        return True

    def commit(self, path: Path, make: Callable[[Path], None], record: dict[str, Any]) -> None:
        """Write an output and its record; a full disk is waited for."""
        record = record | self.session.energy()
        try:
            self.run.commit(path, make, record)
        except DiskFull as full:
            self.session.until_room(full, lambda: ignored(self.run.commit(path, make, record)))

    def did(self, work: float, *, made: bool, note: str = "") -> None:
        """Count work, in megapixel-iterations, made now or found."""
        self.session.did(work, made=made, note=note)

    def files(self, pixels: int) -> None:
        """Count the reading and writing of so many pixels."""
        # Files are read and written at another pace than tiles are computed.
        self.did(pixels * FILE_WORK / 1e6, made=False)

    # ---- where canvases lie

    def canvas_of(self, level: int) -> Path:
        """The canvas that a level hands on."""
        return self.run.display_canvas() if level == 0 else self.run.restyled(level)

    def sweep_source(self, level: LevelPlan, sweep: int) -> Path:
        """The canvas at the start of a sweep."""
        if sweep == 1:
            return self.run.level_canvas(level.level)
        return self.run.sweep_canvas(level.level, sweep - 1)

    def sweep_result(self, level: LevelPlan, sweep: int) -> Path:
        """The canvas after a sweep."""
        last = sweep == level.sweeps
        return self.run.restyled(level.level) if last else self.run.sweep_canvas(level.level, sweep)

    # ---- settings as the neural core takes them

    def loss_weights(self, content: float) -> Any:
        """Loss weights of one level."""
        from stages.nst.studio import Weights

        style = self.settings.style
        return Weights(style.weight, content, style.smooth_weight, style.statistics == "gram+std")

    def optimizer(self) -> Any:
        """The optimizer."""
        from stages.nst.optimize import Optimizer

        o = self.settings.optimizer
        return Optimizer(o.name, o.history, o.adam_rate, o.rate)

    def tooth(self) -> Tooth:
        """What display's scales start with."""
        from stages.canvas import Tooth

        return Tooth(self.settings.display.tooth, self.settings.run.seed)

    def strokes(self) -> Strokes:
        """What levels start with."""
        from stages.canvas import Strokes

        levels = self.settings.levels
        return Strokes(levels.crisp, levels.bristles, self.settings.run.seed)

    def style_images(self, seen: DisplaySettings | LevelSettings) -> StyleImages:
        """The prepared style images with their weights, combed and softened as at a level."""
        from stages.measure import StyleImages

        count = len(self.manifest.of_role("style"))
        paths = tuple(self.run.style(i) for i in range(1, count + 1))
        weights = config.style_weights(self.settings, count)
        return StyleImages(paths, weights, self.settings.style.scale, seen.soften, seen.comb)

    def print_format(self) -> PrintFormat:
        """How the print files are written."""
        from stages.canvas import PrintFormat

        s = self.settings
        return PrintFormat(s.print.dpi, s.print.bits, s.print.jpeg_quality, s.run.seed)


def unchanged(item: Input) -> Path:
    """The file of an input, as it was when the run began.

    Raises:
        InputImageError: it is gone or has changed.
    """
    if not Path(item.path).is_file():
        raise InputImageError(
            f"{item.path}: the {item.role} of this run is gone; put it back, then resume"
        )
    if Input.of(item.role, Path(item.path)).sha256 != item.sha256:
        raise RunDiffers(
            f"{item.path} has changed since the run began; put the old {item.role} back, "
            "or start a new run"
        )
    return Path(item.path)


def ignored(_: object) -> None:
    """Drop a result, where none is to be given on."""
