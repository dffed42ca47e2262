"""`tilebrush display`: one image at display size, without a run directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.commands.results import DisplayResult
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine.loose import Loose
from pipeline.engine.outputs import Brief, Place, Ref
from pipeline.host.work_clock import worked
from pipeline.planning import levels
from pipeline.planning.levels import Plan
from pipeline.planning.resolve import (
    inspect_inputs,
    open_studio,
    peak_memory,
    prepared_machine,
    resolve,
    tell_of_inputs,
)
from pipeline.planning.sheets import at_display
from pipeline.run import atomic, scratch
from pipeline.run.records import Input
from stages import tiles


def display(
    photo: Path, styles: list[Path], out: Path, settings: Settings, console: Console
) -> DisplayResult:
    """Stylize at display size and write one image file.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
        TilebrushError: `out` cannot be written, which is found before anything is computed.
    """
    from stages import canvas

    began = worked()
    facts, style_facts = inspect_inputs(photo, styles)
    canvas.check_suffix(out)
    config.style_weights(settings, len(styles))  # as many as styles, or a clear error
    config.style_scales(settings, len(styles))
    alone, size = at_display(settings, facts.size)
    atomic.try_out(out)
    tell_of_inputs(facts, style_facts, size, console)
    inputs = (Input.of("photo", photo), *(Input.of("style", style) for style in styles))
    with prepared_machine(settings), scratch.folder() as folder:
        loose = _Display(alone, inputs, size, folder, console).made(facts.size)
        atomic.atomic_write(
            out,
            lambda part: canvas.write_image(
                loose.made[Ref("display canvas")], part, settings.run.seed
            ),
            "then run the command again",
        )
    return DisplayResult(
        output=str(out),
        size=str(size),
        encoder=settings.encoder.name,
        iterations=sum(scale.iterations for scale in loose.brief.plan.display),
        took_seconds=round(worked() - began, 2),
        peak_memory_bytes=peak_memory(),
    )


class _Display:
    """The rows of the table up to the display canvas, made into a folder."""

    def __init__(
        self,
        settings: Settings,
        inputs: tuple[Input, ...],
        size: tiles.Size,
        folder: Path,
        console: Console,
    ) -> None:
        self.inputs, self.size, self.folder, self.console = inputs, size, folder, console
        self.settings = settings

    def made(self, photo: tiles.Size) -> Loose:
        """Everything made; inputs first: they are whole before torch takes its second or two."""
        # The plan of a photo alone: a whole one needs the encoder.
        loose = self._loose(self.settings, Plan(self.size, (), (), 0, 0))
        first = [Ref("photo"), *self._styles()]
        for ref in first:
            loose.make(ref)
        exact = resolve(self.settings, photo, len(self.inputs) - 1, self.size)
        brief = Brief(exact, levels.make(exact), self.inputs)
        with self.console.progress(sum(s.work for s in brief.plan.display), "display") as bar:
            whole = self._loose(exact, brief.plan, bar.advance)
            whole.made |= loose.made
            bar.stage("display")
            for name in ("palette", "content energy", "display canvas"):
                whole.make(Ref(name), f"{name}.npy")
        return whole

    def _styles(self) -> list[Ref]:
        return [Ref("style", Place(style=i)) for i in range(1, len(self.inputs))]

    def _loose(
        self, settings: Settings, plan: Plan, did: Callable[[float], None] = lambda work: None
    ) -> Loose:
        return Loose(
            brief=Brief(settings, plan, self.inputs),
            folder=self.folder,
            open_studio=lambda: open_studio(settings, self.console),
            did=did,
            elsewhere=lambda ref: self.folder / "none",
        )
