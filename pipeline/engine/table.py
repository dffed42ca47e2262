"""The one table of outputs: every file of a run, in the order in which they are made.

To add a stage, add its row here and its function in `pipeline.engine.makers` (or anywhere): the
worker makes it, `status`, `verify`, `stage`, `plan`, `resume` and `clean` know it. The words are in
`pipeline.engine.outputs`; docs/architecture.md shows the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from pipeline.config.roles import COLOUR_MASK, MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.engine import looks
from pipeline.engine.groups import (
    COMPUTED,
    FORMAT,
    LOSS,
    OPTIMIZER,
    PAINT,
    PAINTINGS,
    RESIZING,
    START,
)
from pipeline.engine.makers import displaying, finishing, painting, preparing, restyling
from pipeline.engine.outputs import Apart, Brief, Output, Place, Ref, Scope
from stages.sheet import CENTRE

# Work is counted in megapixel-iterations: one forward and backward pass over a million px.
MEASURE_WORK = 0.35  # a forward pass alone, in iterations
PAINT_WORK = 1.0  # matching and painting, in iterations
FILE_WORK = 0.5  # reading, resampling or writing a canvas, in iterations
_PIXEL = 12  # bytes of a canvas per px: three float32
_PAGE_PIXEL = 0.9  # bytes of the page's pictures per px: JPEG at all steps, full of detail


# ---- what outputs are made from


def _paintings(brief: Brief) -> list[Ref]:
    return [Ref(brief.painting, Place(style=i)) for i in brief.paintings]


def _masks(brief: Brief) -> list[Ref]:
    """The masks that divide the picture among the paintings, and those on the paintings."""
    found = []
    for number, (mask, on) in zip(brief.paintings, brief.division, strict=False):
        found += [Ref("mask", Place(style=mask))] if mask else []
        found += [Ref("style mask", Place(style=number))] if on else []
    return list(dict.fromkeys(found))


def _zones(brief: Brief, place: Place) -> list[Ref]:
    """The shares of zones at a level, where there are any."""
    return [Ref("zones", Place(level=place.level))] if brief.division else []


def _whose(facts: Callable[[Brief, Place], object]) -> Callable[[Brief, Place], object]:
    """Facts, and which mask is whose where the picture is divided."""
    return lambda brief, at: (
        (facts(brief, at), brief.division) if brief.division else facts(brief, at)
    )


def _sketched(facts: Callable[[Brief, Place], object]) -> Callable[[Brief, Place], object]:
    """Facts, and which distributions of features are taken, where any are."""
    return lambda brief, at: (
        (facts(brief, at), found) if (found := brief.settings.losses.sketches) else facts(brief, at)
    )


def _colour_mask(brief: Brief) -> list[Ref]:
    """The mask of where colours are kept, if there is one."""
    return [Ref("colour mask")] if brief.has(COLOUR_MASK) else []


def _handed_on(brief: Brief, level: int) -> Ref:
    """The canvas that a level hands on."""
    return Ref(brief.result(level), Place(level=level))


def _sweep_source(brief: Brief, place: Place) -> Ref:
    """The canvas at the start of a sweep."""
    if place.sweep == 1:
        return Ref(brief.start(), Place(level=place.level))
    return Ref("sweep canvas", Place(level=place.level, sweep=place.sweep - 1))


def _of_tile(brief: Brief, place: Place) -> list[Ref]:
    level = Place(level=place.level)
    found = [_sweep_source(brief, place), Ref("level photo", level), Ref("style moments", level)]
    found += [Ref("content energy"), Ref("palette"), *_zones(brief, place)]
    if _many(brief, place):
        found += [Ref("moments", level.at(sweep=s)) for s in range(1, place.sweep + 1)]
    return found


def _tiles(brief: Brief, place: Place) -> list[Ref]:
    sweep = place.sweep or brief.level(place).sweeps
    grid = brief.level(place).grids[sweep - 1]
    at = Place(level=place.level, sweep=sweep)
    return [Ref("tile", at.at(row=tile.row, col=tile.col)) for tile in grid.tiles]


# ---- where they are, and what they cost


def _photo_part(brief: Brief, place: Place) -> object:
    """Which photo, its size on the canvas, and where it is cropped if not around its centre."""
    found = (brief.of_role("photo")[0].sha256, brief.plan.size)
    return found if brief.crop == CENTRE else (*found, brief.crop)


def _mask_facts(brief: Brief, place: Place) -> object:
    """Which masks or maps a painting has."""
    kinds = (MASK, STYLE_MASK, MAP, STYLE_MAP)
    roles = [role(kind, place.style) for kind in kinds]
    return [
        (kind, item.sha256)
        for kind, own in zip(kinds, roles, strict=True)
        for item in brief.of_role(own)
    ]


def _mask_part(brief: Brief, role: str) -> object:
    """Which mask, and how it is cropped and sized, as the photo is."""
    return brief.of_role(role)[0].sha256, brief.plan.size, brief.crop


def _held(brief: Brief, place: Place) -> object:
    """What a level keeps of the forms below, and how fine those of the display are."""
    share = brief.held(place.level)
    return (share, brief.plan.display[-1].size, brief.level(place).size) if share else None


def _sheet(brief: Brief, place: Place) -> object:
    """What lies around the picture, if anything does."""
    sheet = brief.sheet
    return (sheet.border, sheet.colour) if sheet.border.any else None


def _painted(brief: Brief, place: Place) -> bool:
    return brief.painted


def _restyled(brief: Brief, place: Place) -> bool:
    return brief.restyled(place.level)


def _many(brief: Brief, place: Place) -> bool:
    """A single tile is the canvas and needs no moments of it."""
    return brief.restyled(place.level) and not brief.alone(place)


def _not_last(brief: Brief, place: Place) -> bool:
    return brief.restyled(place.level) and place.sweep < brief.level(place).sweeps


def _in_next(brief: Brief, place: Place) -> Ref | None:
    """Tiles of all but a level's last sweep have served when their canvas is blended."""
    if not _not_last(brief, place):
        return None
    return Ref("sweep canvas", Place(level=place.level, sweep=place.sweep))


def _print_file(brief: Brief, place: Place) -> float:
    return brief.plan.size.pixels * FILE_WORK / 1e6


def display_work(brief: Brief) -> float:
    """Megapixel-iterations of the display, its joining included."""
    path = brief.plan.display
    return sum(s.work for s in path) + path[-1].size.pixels * brief.joining / 1e6


def _level_file(brief: Brief, place: Place) -> float:
    return brief.level(place).size.pixels * FILE_WORK / 1e6


def _wanted(kind: str) -> Callable[[Brief, Place], bool]:
    """Whether a kind of print file is asked for, and can hold the print."""

    def there(brief: Brief, place: Place) -> bool:
        if kind not in brief.settings.print.files:
            return False
        from stages.canvas import jpeg_possible

        return kind != "jpeg" or jpeg_possible(brief.sheet.size)

    return there


def _credited(brief: Brief, place: Place) -> bool:
    """Whether print files say anything of themselves."""
    return brief.settings.print.metadata != "none"


def _of_print(brief: Brief, place: Place) -> list[Ref]:
    return [brief.printed, *([Ref("credits")] if _credited(brief, place) else [])]


def _print_bytes(brief: Brief, place: Place) -> float:
    return brief.plan.size.pixels * _PIXEL


def _level_bytes(brief: Brief, place: Place) -> float:
    return brief.level(place).size.pixels * _PIXEL


def _dictionary_bytes(brief: Brief, place: Place) -> float:
    """A painting at most as large as the canvas, twice as float16, and its places."""
    most = min(brief.level(place).size.pixels, brief.settings.style.max_pixels)
    return max(1, len(brief.paintings)) * most * _PIXEL + 20e6


def _window_work(brief: Brief, place: Place) -> float:
    return brief.tile(place).window.pixels * brief.level(place).iterations / 1e6


TABLE: tuple[Output, ...] = (
    Output(
        name="photo",
        stage="prepare",
        scope=Scope.RUN,
        pattern="prepare/photo.npy",
        version="1",
        make=preparing.photo,
        facts=_photo_part,
        work=_print_file,
        bytes=_print_bytes,
    ),
    Output(
        name="style",
        stage="prepare",
        scope=Scope.STYLE,
        pattern="prepare/style-{style}.npy",
        version="1",
        make=preparing.style,
        settings=("style.max_pixels",),
        facts=lambda brief, at: brief.of_role("style")[at.style - 1].sha256,
    ),
    Output(
        name="colour mask",
        stage="prepare",
        scope=Scope.RUN,
        pattern="prepare/colour-mask.npy",
        version="1",
        make=preparing.colour_mask,
        facts=lambda brief, _: _mask_part(brief, COLOUR_MASK),
        there=lambda brief, _: brief.has(COLOUR_MASK),
        bytes=lambda brief, _: brief.plan.size.pixels * _PIXEL / 3,
    ),
    Output(
        name="mask",
        stage="prepare",
        scope=Scope.STYLE,
        pattern="prepare/mask-{style}.npy",
        version="1",
        make=preparing.mask,
        facts=lambda brief, at: (_mask_facts(brief, at), brief.plan.size, brief.crop),
        there=lambda brief, at: at.style in [mask for mask, _ in brief.division],
        bytes=lambda brief, _: brief.plan.size.pixels * _PIXEL / 3,
    ),
    Output(
        name="style mask",
        stage="prepare",
        scope=Scope.STYLE,
        pattern="prepare/style-mask-{style}.npy",
        version="1",
        make=preparing.style_mask,
        settings=("style.max_pixels",),
        facts=lambda brief, at: _mask_facts(brief, at),
        there=lambda brief, at: (
            (at.style, True)
            in [(n, on) for n, (_, on) in zip(brief.paintings, brief.division, strict=False)]
        ),
    ),
    Output(
        name="recoloured style",
        stage="palette",
        scope=Scope.STYLE,
        pattern="palette/style-{style}.npy",
        version="1",
        make=preparing.recoloured_style,
        inputs=lambda brief, at: [Ref("style", at), Ref("photo"), *_colour_mask(brief)],
        settings=("colour.keep",),
        facts=lambda brief, _: brief.plan.display[-1].size,
        there=lambda brief, at: (
            brief.settings.colour.place == "before" and at.style in brief.paintings
        ),
    ),
    Output(
        name="credits",
        stage="prepare",
        scope=Scope.RUN,
        pattern="prepare/credits.json",
        version="1",
        make=preparing.credits,
        settings=("print.metadata",),
        facts=lambda brief, _: brief.of_role("photo")[0].sha256,
        there=_credited,
        measured=True,
    ),
    Output(
        name="palette",
        stage="palette",
        scope=Scope.RUN,
        pattern="palette/palette.safetensors",
        version="1",
        make=preparing.palette,
        inputs=lambda brief, _: [Ref("photo"), *_paintings(brief), *_masks(brief)],
        settings=("style.palette", "style.weights"),
        facts=_whose(lambda brief, _: brief.plan.display[-1].size),
        measured=True,
    ),
    Output(
        name="content energy",
        stage="display",
        scope=Scope.RUN,
        pattern="display/energy.txt",
        version="1",
        make=displaying.energy,
        inputs=lambda brief, _: [Ref("photo"), Ref("palette"), *_masks(brief)],
        settings=COMPUTED,
        facts=_whose(lambda brief, _: brief.plan.display[-1].size),
        measured=True,
    ),
    Output(
        name="display canvas",
        stage="display",
        scope=Scope.RUN,
        pattern="display/canvas.npy",
        version="6",
        make=displaying.display,
        inputs=lambda brief, _: [
            *(Ref("photo"), Ref("palette"), Ref("content energy")),
            *(*_paintings(brief), *_masks(brief)),
        ],
        settings=(
            *(*COMPUTED, *LOSS, *OPTIMIZER, *PAINTINGS, "style.content_weight", "run.seed"),
            *("display.tooth", "display.soften", "display.comb", "style.matching", *PAINT),
            *("paint.lines", "paint.join", "paint.strokes", *START, *RESIZING),
        ),
        facts=_whose(lambda brief, _: brief.plan.display),
        work=lambda brief, _: display_work(brief),
        bytes=lambda brief, _: brief.plan.display[-1].size.pixels * _PIXEL,
        before=lambda brief, _: Ref("photo"),
        paced=True,
    ),
    Output(
        name="enlarged canvas",
        stage="upsample",
        scope=Scope.LEVEL,
        pattern="upsample-{level}/canvas.npy",
        version="3",
        make=painting.upsampled,
        inputs=lambda brief, at: [_handed_on(brief, at.level - 1)],
        settings=("levels.crisp", "levels.bristles"),
        facts=lambda brief, at: (
            *(brief.level(at).size, brief.painted),
            None if brief.painted else brief.settings.run.seed,
        ),
        work=_level_file,
        bytes=_level_bytes,
    ),
    Output(
        name="zones",
        stage="upsample",
        scope=Scope.LEVEL,
        pattern="upsample-{level}/zones.npy",
        version="1",
        make=painting.zones,
        inputs=lambda brief, at: _masks(brief),
        facts=_whose(lambda brief, at: brief.level(at).size),
        there=lambda brief, _: bool(brief.division),
        work=_level_file,
        bytes=lambda brief, at: brief.level(at).size.pixels * 4 * len(set(brief.division)),
    ),
    Output(
        name="level photo",
        stage="upsample",
        scope=Scope.LEVEL,
        pattern="upsample-{level}/photo.npy",
        version="3",
        make=painting.upsampled_photo,
        inputs=lambda brief, at: [Ref("photo"), Ref("palette"), *_zones(brief, at)],
        facts=lambda brief, at: brief.level(at).size,
        work=_level_file,
        bytes=_level_bytes,
    ),
    Output(
        name="dictionary",
        stage="paint",
        scope=Scope.LEVEL,
        pattern="paint-{level}/dictionary.safetensors",
        version="1",
        make=painting.dictionary,
        inputs=lambda brief, _: [*_paintings(brief), *_masks(brief)],
        settings=(*PAINTINGS, *PAINT),
        facts=_whose(lambda brief, at: (brief.level(at).size, round(brief.ratio(at), 6))),
        there=_painted,
        bytes=_dictionary_bytes,
        measured=True,
    ),
    Output(
        name="survey",
        stage="paint",
        scope=Scope.LEVEL,
        pattern="paint-{level}/survey.safetensors",
        version="2",
        make=painting.surveyed,
        inputs=lambda brief, at: [
            *(Ref("enlarged canvas", at), Ref("dictionary", at), *_zones(brief, at))
        ],
        settings=PAINT,
        there=_painted,
        work=_level_file,
        measured=True,
    ),
    Output(
        name="painted canvas",
        stage="paint",
        scope=Scope.LEVEL,
        pattern="paint-{level}/canvas.npy",
        version="1",
        make=painting.painted,
        inputs=lambda brief, at: [
            *(Ref("enlarged canvas", at), Ref("dictionary", at), Ref("survey", at)),
            *_zones(brief, at),
        ],
        settings=(*PAINT, "paint.hold"),
        facts=_held,
        there=_painted,
        work=lambda brief, at: brief.level(at).size.pixels * PAINT_WORK / 1e6,
        bytes=_level_bytes,
        before=lambda brief, at: Ref("enlarged canvas", at),
        looks={"places.png": looks.places},
    ),
    Output(
        name="budget",
        stage="restyle",
        scope=Scope.LEVEL,
        pattern="restyle-{level}/budget.txt",
        version="1",
        make=restyling.budget,
        settings=("run.budget", "levels.iterations", "paint.iterations"),
        facts=lambda brief, at: (brief.plan.size, brief.level(at).size),
        there=lambda brief, _: bool(brief.settings.run.budget),
        measured=True,
    ),
    Output(
        name="style moments",
        stage="restyle",
        scope=Scope.LEVEL,
        pattern="restyle-{level}/style.safetensors",
        version="1",
        make=restyling.style_moments,
        inputs=lambda brief, _: [*_paintings(brief), *_masks(brief)],
        settings=(*COMPUTED, *PAINTINGS, "levels.soften", "levels.comb"),
        facts=_sketched(_whose(lambda brief, at: (brief.level(at).size, brief.painted))),
        there=_restyled,
        measured=True,
    ),
    Output(
        name="moments",
        stage="restyle",
        scope=Scope.SWEEP,
        pattern="restyle-{level}/sweep-{sweep}/moments.safetensors",
        version="1",
        make=restyling.moments,
        inputs=lambda brief, at: [_sweep_source(brief, at), *_zones(brief, at)],
        settings=COMPUTED,
        facts=_sketched(lambda brief, at: brief.grid(at)),
        there=_many,
        work=lambda brief, at: (
            len(brief.grid(at).tiles) * brief.grid(at).tiles[0].window.pixels * MEASURE_WORK / 1e6
        ),
        paced=True,
        measured=True,
    ),
    Output(
        name="tile",
        stage="restyle",
        scope=Scope.TILE,
        pattern="restyle-{level}/sweep-{sweep}/tile-{row}-{col}.npy",
        version="4",
        make=restyling.tile,
        inputs=_of_tile,
        settings=(*COMPUTED, *LOSS, *OPTIMIZER, "paint.hold"),
        facts=lambda brief, at: (
            *(brief.level(at).iterations, brief.level(at).content_weight),
            *(brief.tile(at), brief.plan.alignment, brief.parts(at)),
            *(("lightness",) if brief.painted else ()),
            *((_held(brief, at),) if brief.held(at.level) else ()),
        ),
        there=_restyled,
        work=_window_work,
        bytes=lambda brief, at: brief.tile(at).write.pixels * _PIXEL,
        before=lambda brief, at: _sweep_source(brief, at),
        looks={"targets.png": looks.targets},
        replaced_by=_in_next,
        paced=True,
        tries=2,
        divisible=True,
        apart=Apart(
            restyling.tile_task,
            restyling.tile_made,
            lambda brief, at: brief.tile(at).window.pixels / 1e6,
        ),
    ),
    Output(
        name="sweep canvas",
        stage="blend",
        scope=Scope.SWEEP,
        pattern="restyle-{level}/sweep-{sweep}/canvas.npy",
        version="1",
        make=restyling.blended,
        inputs=_tiles,
        facts=lambda brief, at: brief.grid(at),
        there=_not_last,
        work=_level_file,
        bytes=_level_bytes,
        before=lambda brief, at: _sweep_source(brief, at),
    ),
    Output(
        name="level canvas",
        stage="blend",
        scope=Scope.LEVEL,
        pattern="restyle-{level}/canvas.npy",
        version="1",
        make=restyling.level_blended,
        inputs=_tiles,
        facts=lambda brief, at: brief.level(at).grids[-1],
        there=_restyled,
        work=_level_file,
        bytes=_level_bytes,
        before=lambda brief, at: _sweep_source(brief, at.at(sweep=brief.level(at).sweeps)),
    ),
    Output(
        name="coloured canvas",
        stage="colour",
        scope=Scope.RUN,
        pattern="colour/canvas.npy",
        version="1",
        make=finishing.coloured,
        inputs=lambda brief, _: [
            *(_handed_on(brief, len(brief.plan.levels)), Ref("photo")),
            *_colour_mask(brief),
        ],
        settings=("colour.keep",),
        facts=lambda brief, _: brief.plan.display[-1].size,
        there=lambda brief, _: brief.settings.colour.place == "after",
        work=_print_file,
        bytes=_print_bytes,
        before=lambda brief, _: _handed_on(brief, len(brief.plan.levels)),
    ),
    Output(
        name="TIFF",
        stage="finish",
        scope=Scope.RUN,
        pattern="{print}.tif",
        version="2",
        make=finishing.tiff,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("tiff"),
        work=_print_file,
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
        make=finishing.jpeg,
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
        make=finishing.png,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("png"),
        work=_print_file,
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
        make=finishing.archive,
        inputs=_of_print,
        settings=FORMAT,
        facts=_sheet,
        there=_wanted("archive"),
        work=_print_file,
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
        make=finishing.soft_proof,
        inputs=lambda brief, _: [brief.printed],
        settings=("print.soft_proof", "print.name"),
        there=lambda brief, _: bool(brief.settings.print.soft_proof),
        product=True,
    ),
)


# ---- reading the table


def row(name: str) -> Output:
    """The row of an output."""
    return next(output for output in TABLE if output.name == name)


def stages() -> dict[str, bool]:
    """The names of all stages in order, and whether they have levels."""
    found: dict[str, bool] = {}
    for output in TABLE:
        levelled = output.scope in (Scope.LEVEL, Scope.SWEEP, Scope.TILE)
        found[output.stage] = found.get(output.stage, False) or levelled
    return found


def walk(brief: Brief) -> Iterator[tuple[Output, list[Place]]]:
    """Every output of a run with its places, in the order in which they are made.

    Level by level; within a level sweep by sweep.
    """
    for levelled, rows in groupby(TABLE, lambda output: stages()[output.stage]):
        group = list(rows)
        if not levelled:
            yield from _kept(brief, ((output, _places(brief, output)) for output in group))
            continue
        for level in brief.plan.levels:
            yield from _kept(brief, _of_level(brief, group, level.level))


def _places(brief: Brief, output: Output) -> list[Place]:
    if output.scope is Scope.STYLE:
        return [Place(style=i) for i in range(1, brief.style_count + 1)]
    return [Place()]


def _of_level(brief: Brief, rows: list[Output], level: int) -> Iterator[tuple[Output, list[Place]]]:
    at, sweeps = Place(level=level), brief.plan.levels[level - 1].sweeps
    for whole, some in groupby(rows, lambda output: output.scope is Scope.LEVEL):
        group = list(some)
        if whole:
            yield from ((output, [at]) for output in group)
            continue
        for sweep in range(1, sweeps + 1):
            for output in group:
                here = at.at(sweep=sweep)
                grid = brief.grid(here)
                tiles = [here.at(row=tile.row, col=tile.col) for tile in grid.tiles]
                yield output, tiles if output.scope is Scope.TILE else [here]


def _kept(
    brief: Brief, found: Iterator[tuple[Output, list[Place]]]
) -> Iterator[tuple[Output, list[Place]]]:
    for output, places in found:
        there = [place for place in places if output.there(brief, place)]
        if there:
            yield output, there


def level_work(brief: Brief) -> list[float]:
    """Megapixel-iterations of display and of every level; files of the print count to the last."""
    found = [0.0] * (len(brief.plan.levels) + 1)
    for output, places in walk(brief):
        for place in places:
            at = 0 if output.stage == "display" else place.level or len(found) - 1
            found[at] += output.work(brief, place)
    return found


def disk_bytes(brief: Brief, style_pixels: int) -> int:
    """Bytes that the finished run takes with its page; paintings have so many px in all."""
    shown = 2 * brief.plan.size.pixels + brief.plan.display[-1].size.pixels + style_pixels
    shown += sum(level.size.pixels for level in brief.plan.levels[:-1])
    return int(
        _PIXEL * style_pixels
        + _PAGE_PIXEL * shown
        + sum(
            output.bytes(brief, place)
            for output, places in walk(brief)
            for place in places
            if output.replaced_by(brief, place) is None
        )
    )
