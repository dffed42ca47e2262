"""`tilebrush proof`: parts of a print at full scale, long before a print is ready."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.commands.results import CropRow, ProofResult
from pipeline.config import units
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine import glimpse, table
from pipeline.engine.executors.asked import Cluster, passing
from pipeline.engine.executors.outcome import Executor
from pipeline.engine.glimpse import Glimpse
from pipeline.engine.loose import Loose
from pipeline.engine.outputs import Brief, Ref
from pipeline.host.work_clock import worked
from pipeline.planning import levels, masks, network
from pipeline.planning.resolve import (
    inspect_inputs,
    open_studio,
    peak_memory,
    prepared_machine,
    profile_inputs,
    resolve,
    style_pixels,
    tell_of_print,
    weights_of,
    within_memory,
)
from pipeline.planning.sheets import print_box
from pipeline.run import atomic, scratch
from stages.errors import UsageError
from stages.tiles import Rect, Size

CROPS = 3
SHEET = "sheet.png"
_AGAIN = "then run the command again"
# Of crops where a level was restyled in part, see docs/printing.md.
_IN_PART = "px by px 1 to 3 delta E 2000, SSIM 0.8 to 0.9: strokes lie otherwise here and there"
_WHOLE = "none but the print's own dither"


@dataclass(frozen=True)
class Asked:
    """Which crops: so many, or those whose middles are named, as shares or px of the print."""

    count: int
    size: str
    at: tuple[str, ...] = ()


def proof(
    photo: Path,
    styles: list[Path],
    asked: Asked,
    out: Path,
    settings: Settings,
    console: Console,
    cluster: Cluster | None = None,
) -> ProofResult:
    """Make crops of a print, each a PNG in the folder `out`, and a sheet of where they lie.

    Raises:
        InputImageError, UsageError, WeightsError, ResourceError.
        TilebrushError: `out` cannot be written, which is found before anything is computed.
    """
    began = worked()
    crop = units.parse_size(asked.size)
    brief, pixels = _brief(photo, styles, settings, console)
    named = [_middle(text, brief.plan.size) for text in asked.at]
    with atomic.explained(out, _AGAIN):
        out.mkdir(exist_ok=True)
    atomic.try_out(out / SHEET)
    with (
        prepared_machine(brief.settings),
        scratch.folder() as folder,
        passing(cluster, console) as executor,
    ):
        atomic.require_space(folder, glimpse.disk_bytes(brief, pixels))
        work = _Work(brief, folder, console, executor)
        places = work.chosen(crop, asked.count, named)
        rows = work.published(places, out)
    return ProofResult(
        folder=str(out),
        sheet=str(out / SHEET),
        print_size=str(brief.plan.size),
        statistics_from=work.said,
        expected_error=_IN_PART if work.in_part else _WHOLE,
        print_with=f"--threads {brief.settings.run.threads} "
        f"--set run.precision={brief.settings.run.precision.value}",
        took_seconds=round(worked() - began, 2),
        peak_memory_bytes=peak_memory(),
        crops=rows,
    )


def _brief(
    photo: Path, styles: list[Path], settings: Settings, console: Console
) -> tuple[Brief, int]:
    """All that decides the print, and the px of its paintings."""
    facts, style_facts = inspect_inputs(photo, styles)
    inputs = (*masks.inputs_of(settings, photo, styles), *profile_inputs(settings))
    if settings.run.budget or settings.run.until:
        console.warn("a proof has the iterations of the settings; the time it may take is left out")
    run = settings.run.model_copy(update={"budget": "", "until": ""})
    plain = settings.model_copy(update={"run": run})
    box = print_box(plain, facts.size, console.message)
    exact = resolve(plain, facts.size, len(styles), box)
    pixels = style_pixels([style.size for style in style_facts], exact)
    exact = within_memory(exact, pixels)
    plan = levels.make(exact)
    if plan.levels:
        network.check_levels(exact)
    tell_of_print(facts, style_facts, exact, console)
    network.tell(exact, console)
    return Brief(exact, plan, inputs, weights_of(exact, console)), pixels


def _middle(text: str, size: Size) -> tuple[float, float]:
    """A point of the print in px, from shares of its sides or px.

    Raises:
        UsageError: it is neither, or lies outside.
    """
    x, comma, y = text.partition(",")
    try:
        point = float(x), float(y)
    except ValueError:
        point = math.nan, math.nan
    if comma and all(0 <= number <= 1 for number in point):
        return point[0] * size.width, point[1] * size.height
    if comma and 0 <= point[0] <= size.width and 0 <= point[1] <= size.height:
        return point
    raise UsageError(
        f"--at is {text!r}; it must be a point X,Y of the print, each 0 to 1, or px up to "
        f"{size.width},{size.height}"
    )


class _Work:
    """A proof at work in a folder that goes with it."""

    def __init__(self, brief: Brief, folder: Path, console: Console, executor: Executor) -> None:
        self.brief, self.folder, self.console = brief, folder, console
        self.loose = Loose(
            brief=brief,
            folder=folder,
            open_studio=lambda: open_studio(brief.settings, console),
            did=lambda work: None,
            elsewhere=lambda ref: folder / "none",
            executor=executor,
        )
        self.said, self.in_part = "", False

    def chosen(
        self, crop: Size, count: int, named: Sequence[tuple[float, float]]
    ) -> list[tuple[Rect, str]]:
        """Where the crops lie and why; the photo is prepared for it."""
        from stages import crops

        size = self.brief.plan.size
        if named:
            return [(crops.around(size, crop, x, y), "as asked") for x, y in named]
        photo = Ref("photo")
        glimpse.made(self.loose, photo)
        found = crops.chosen(self.loose.made[photo], size, crop, count)
        if len(found) < count:
            self.console.message(f"{size} px have room for {len(found)} crops of {crop} px")
        return found

    def published(self, places: Sequence[tuple[Rect, str]], out: Path) -> tuple[CropRow, ...]:
        """Make everything, and put it into the folder of the user."""
        from stages import crops

        own = Glimpse(self.loose, [place for place, _ in places])
        base = [ref for ref in glimpse.begun(self.brief) if ref not in self.loose.made]
        work = own.work + sum(table.row(ref.name).work(self.brief, ref.place) for ref in base)
        with self.console.progress(work, "proof") as bar:
            self.loose.did, own.stage = bar.advance, bar.stage
            for ref in base:
                bar.stage(table.row(ref.name).stage)
                glimpse.made(self.loose, ref)
            canvases = own.make()
            bar.stage("finish")
            rows = [
                self._row(own, canvas, out / f"crop-{number}.png", *place)
                for number, (canvas, place) in enumerate(
                    zip(canvases, places, strict=True), start=1
                )
            ]
            overview = self.folder / "overview.png"
            crops.overview(own.shown, self.brief.plan.size, own.crops, overview)
            self._sheet(overview, rows, out)
        self.said, self.in_part = own.said, own.in_part
        return tuple(rows)

    def _row(self, own: Glimpse, canvas: Path, out: Path, crop: Rect, why: str) -> CropRow:
        atomic.atomic_write(out, lambda part: own.png(canvas, part), _AGAIN)
        return CropRow(
            file=str(out), at=f"{crop.x},{crop.y}", size=f"{crop.width}x{crop.height}", why=why
        )

    def _sheet(self, overview: Path, rows: Sequence[CropRow], out: Path) -> None:
        from stages.canvas import contact

        size = self.brief.plan.size
        shown = [contact.Shown(overview, f"the print, {size} px; not all of it is as it will be")]
        shown += [
            contact.Shown(Path(row.file), f"{number}: {row.size} px at {row.at}\n{row.why}")
            for number, row in enumerate(rows, start=1)
        ]
        columns = 2 if len(shown) <= 4 else 3
        grid = [shown[start : start + columns] for start in range(0, len(shown), columns)]
        atomic.atomic_write(
            out / SHEET,
            lambda part: contact.write(grid, "Proof", part, self.folder),
            _AGAIN,
        )
