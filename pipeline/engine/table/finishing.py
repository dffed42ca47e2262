"""Rows of the table: what `colour` and `finish` make of the last canvas."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.engine.makers import finishing as makers
from pipeline.engine.outputs import Brief, Output, Place, Ref, Scope
from pipeline.engine.outputs.groups import FORMAT
from pipeline.engine.table import costs, sources


def _sheet(brief: Brief, place: Place) -> object:
    """What lies around the picture, if anything does."""
    sheet = brief.sheet
    return (sheet.border, sheet.colour) if sheet.border.any else None


def _wanted(kind: str) -> Callable[[Brief, Place], bool]:
    """Whether a kind of print file is asked for, and can hold the print."""

    def there(brief: Brief, place: Place) -> bool:
        if kind not in brief.settings.print.files:
            return False
        from stages.canvas import jpeg_possible

        return kind != "jpeg" or jpeg_possible(brief.sheet.size)

    return there


def _of_print(brief: Brief, place: Place) -> list[Ref]:
    return [brief.printed, *([Ref("credits")] if sources.credited(brief, place) else [])]


ROWS: tuple[Output, ...] = (
    Output(
        name="coloured canvas",
        stage="colour",
        scope=Scope.RUN,
        pattern="colour/canvas.npy",
        version="1",
        make=makers.coloured,
        inputs=lambda brief, _: [
            *(sources.handed_on(brief, len(brief.plan.levels)), Ref("photo")),
            *sources.colour_mask(brief),
        ],
        settings=("colour.keep",),
        facts=lambda brief, _: brief.plan.display[-1].size,
        there=lambda brief, _: brief.settings.colour.place == "after",
        work=costs.print_file,
        bytes=costs.print_bytes,
        before=lambda brief, _: sources.handed_on(brief, len(brief.plan.levels)),
    ),
    Output(
        name="TIFF",
        stage="finish",
        scope=Scope.RUN,
        pattern="{print}.tif",
        version="2",
        make=makers.tiff,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("tiff"),
        work=costs.print_file,
        bytes=lambda brief, _: brief.sheet.size.pixels * 5,
        paced=True,
        product=True,
    ),
    Output(
        name="JPEG",
        stage="finish",
        scope=Scope.RUN,
        pattern="{print}.jpg",
        version="2",
        make=makers.jpeg,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("jpeg"),
        bytes=lambda brief, _: brief.sheet.size.pixels,
        paced=True,
        product=True,
    ),
    Output(
        name="PNG",
        stage="finish",
        scope=Scope.RUN,
        pattern="{print}.png",
        version="1",
        make=makers.png,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("png"),
        work=costs.print_file,
        bytes=lambda brief, _: brief.sheet.size.pixels * 3,
        paced=True,
        product=True,
    ),
    Output(
        name="archive",
        stage="finish",
        scope=Scope.RUN,
        pattern="{print}-archive.tif",
        version="1",
        make=makers.archive,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("archive"),
        work=costs.print_file,
        bytes=lambda brief, _: brief.sheet.size.pixels * 8,
        paced=True,
        product=True,
    ),
    Output(
        name="soft proof",
        stage="finish",
        scope=Scope.RUN,
        pattern="{print}-soft-proof.png",
        version="1",
        make=makers.soft_proof,
        inputs=lambda brief, _: [brief.printed],
        settings=("print.soft_proof", "print.name"),
        there=lambda brief, _: bool(brief.settings.print.soft_proof),
        product=True,
    ),
)
