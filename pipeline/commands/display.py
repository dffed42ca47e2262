"""`tilebrush display`: one image at display size, without a run directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline.commands.results import DisplayResult
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine import errand, table
from pipeline.engine.executors.asked import Cluster, passing
from pipeline.engine.executors.outcome import Executor, results
from pipeline.engine.loose import Loose
from pipeline.engine.outputs import Brief, Ref
from pipeline.engine.table import costs
from pipeline.host.work_clock import worked
from pipeline.planning import levels, masks, network
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
    photo: Path,
    styles: list[Path],
    out: Path,
    settings: Settings,
    console: Console,
    cluster: Cluster | None = None,
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
    network.tell(settings, console)
    for note in masks.notes(settings, facts, style_facts):
        console.warn(note)
    inputs = masks.inputs_of(settings, photo, styles)
    with (
        prepared_machine(settings),
        scratch.folder() as folder,
        passing(cluster, console) as executor,
    ):
        own = _Display(alone, inputs, folder, console, None if cluster is None else executor)
        loose = own.made(facts.size)
        atomic.atomic_write(
            out,
            lambda part: canvas.write_image(
                loose.made[loose.brief.printed], part, settings.run.seed
            ),
            "then run the command again",
        )
    return DisplayResult(
        output=str(out),
        size=str(size),
        encoder=settings.encoder.name,
        iterations=loose.brief.display_iterations,
        took_seconds=round(worked() - began, 2),
        peak_memory_bytes=peak_memory(),
    )


class _Display:
    """The rows of the table up to the display canvas, made into a folder."""

    def __init__(
        self,
        settings: Settings,
        inputs: tuple[Input, ...],
        folder: Path,
        console: Console,
        away: Executor | None,
    ) -> None:
        """`away` makes the whole picture as one task."""
        self.inputs, self.folder, self.console, self.away = inputs, folder, console, away
        self.size = config.print_size(settings)  # of the photo as it is prepared
        self.settings = settings

    def made(self, photo: tiles.Size) -> Loose:
        """Everything made; inputs first: they are whole before torch takes its second or two."""
        # The plan of a photo alone: a whole one needs the encoder.
        loose = self._loose(self.settings, Plan(self.size, (), (), 0, 0))
        for ref in self._refs(loose.brief, "prepare"):
            loose.make(ref)
        exact = resolve(self.settings, photo, loose.brief.style_count, self.size)
        # The display is all that is made: no level lies above it.
        brief = Brief(exact, replace(levels.make(exact), levels=()), self.inputs)
        with self.console.progress(costs.display_work(brief), "display") as bar:
            whole = self._loose(exact, brief.plan, bar.advance)
            whole.made |= loose.made
            bar.stage("display")
            if self.away is not None:
                self._sent(whole, self.away)
                return whole
            for ref in self._refs(brief, "palette", "display", "colour"):
                whole.make(ref, f"{ref.name} {ref.place.style}.npy")
        return whole

    def _sent(self, loose: Loose, executor: Executor) -> None:
        """Have the picture made elsewhere."""
        given = {ref: errand.shared(loose.made[ref]) for ref in errand.inputs(loose.brief)}
        picture = errand.Errand(loose.brief, given, "display")
        step = costs.display_work(loose.brief) / errand.STEPS

        def did(steps: int) -> None:
            loose.did(steps * step)

        ((_, brought),) = results(executor, [lambda: picture], did, loose.studio)
        loose.made[loose.brief.printed] = brought.canvas.at(self.folder / "brought.npy")

    def _refs(self, brief: Brief, *stages: str) -> list[Ref]:
        """The outputs of some stages."""
        walked = table.walk(brief)
        return [
            Ref(output.name, place)
            for output, places in walked
            if output.stage in stages
            for place in places
        ]

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
