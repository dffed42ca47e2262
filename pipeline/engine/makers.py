"""How each output is made, from the files and settings that its row in the table names.

Stages are imported in here, when something is made: they bring torch, which `status` and `plan` do
without.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.roles import COLOUR_MASK, MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.engine import groups
from pipeline.engine.outputs import Job, Made
from stages.errors import InputImageError, RunDiffers

if TYPE_CHECKING:
    from pipeline.run.records import Input
    from stages.brushwork import Paint
    from stages.canvas import Metadata, PrintFormat
    from stages.canvas.palette import Toning
    from stages.canvas.starts import Start
    from stages.canvas.zones.division import Part
    from stages.finish import Kind
    from stages.measure import StyleImages
    from stages.nst.optimize import Optimizer
    from stages.nst.published.method import Method
    from stages.nst.studio import Restyled, Weights
    from stages.restyle import Look, TileJob, TileTask


_POINTS = 25  # of a loss curve, as it is kept in a record and drawn


def unchanged(item: Input) -> Path:
    """The file of an input, as it was when the run began.

    Raises:
        InputImageError: it is gone.
        RunDiffers: it has changed.
    """
    from pipeline.run.records import Input

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


# ---- prepare


def photo(job: Job) -> Made:
    """The photo as a canvas."""
    from stages import prepare

    source = unchanged(job.brief.of_role("photo")[0])
    return Made(lambda out: prepare.photo(source, out, job.brief.plan.size, job.brief.crop))


def style(job: Job) -> Made:
    """A painting as a canvas."""
    from stages import prepare

    source = unchanged(job.brief.of_role("style")[job.place.style - 1])
    most = job.setting("style.max_pixels")
    return Made(lambda out: prepare.style(source, out, most))


def colour_mask(job: Job) -> Made:
    """The mask of where the photo's colours are kept."""
    return _mask(job, COLOUR_MASK)


def mask(job: Job) -> Made:
    """Where in the picture a painting is: its mask, or a channel for each label of its map."""
    from stages import prepare

    number, size, crop = job.place.style, job.brief.plan.size, job.brief.crop
    if not job.brief.has(role(MAP, number)):
        return _mask(job, role(MASK, number))
    own, painting = (unchanged(job.brief.of_role(role(k, number))[0]) for k in (MAP, STYLE_MAP))
    return Made(lambda out: prepare.photo_map(own, painting, out, size, crop))


def style_mask(job: Job) -> Made:
    """What of a painting is looked at, in the channels of its mask or map on the picture."""
    from stages import prepare

    number, most = job.place.style, job.setting("style.max_pixels")
    if not job.brief.has(role(STYLE_MAP, number)):
        source = unchanged(job.brief.of_role(role(STYLE_MASK, number))[0])
        return Made(lambda out: prepare.style_mask(source, out, most))
    own, photo = (unchanged(job.brief.of_role(role(k, number))[0]) for k in (STYLE_MAP, MAP))
    return Made(lambda out: prepare.style_map(own, photo, out, most))


def _parts(job: Job) -> tuple[Part, ...]:
    """What each painting has of the picture, if masks divide it."""
    from stages.canvas.zones.division import Part

    at = {"level": 0, "sweep": 0, "row": 0, "col": 0}
    division = zip(job.brief.paintings, job.brief.division, strict=False)
    return tuple(
        Part(
            job.path("mask", style=own, **at) if own else None,
            job.path("style mask", style=number, **at) if on else None,
        )
        for number, (own, on) in division
    )


def zones_file(job: Job) -> Path | None:
    """The shares of zones at a job's level, where there are any."""
    return job.path("zones", sweep=0, row=0, col=0) if job.brief.division else None


def _mask(job: Job, role: str) -> Made:
    from stages import prepare

    source = unchanged(job.brief.of_role(role)[0])
    return Made(lambda out: prepare.mask(source, out, job.brief.plan.size, job.brief.crop))


def credits(job: Job) -> Made:
    """Whose the photo is, for the print files."""
    from stages import prepare

    source = unchanged(job.brief.of_role("photo")[0])
    found = prepare.credits(source, camera=job.setting("print.metadata") == "all")
    text = json.dumps(asdict(found), indent=1) + "\n"
    return Made(lambda out: out.write_text(text, encoding="ascii"))


# ---- palette


def recoloured_style(job: Job) -> Made:
    """A painting in the photo's colours."""
    from stages import colour

    source, photo, mask = job.path("style"), job.path("photo", style=0), _colour_mask(job)
    how, size = job.setting("colour.keep"), job.brief.plan.display[-1].size
    return Made(lambda out: colour.recoloured(source, photo, out, size, how, mask))


def _colour_mask(job: Job) -> Path | None:
    return job.path("colour mask", style=0) if job.brief.has(COLOUR_MASK) else None


def palette(job: Job) -> Made:
    """How the photo's colours go to the paintings'."""
    from stages import canvas
    from stages import palette as stage
    from stages.measure import StyleImages

    styles = StyleImages(
        paths=tuple(job.path(job.brief.painting, style=i) for i in job.brief.paintings),
        weights=_shares(job),
        parts=_parts(job),
    )
    size = job.brief.plan.display[-1].size
    job.setting("style.palette")  # named in the row: how far colours go comes of it
    found = stage.fit(job.path("photo"), styles, size, job.brief.palette)
    return Made(lambda out: canvas.palette.save(found, out))


def _toning(job: Job) -> Toning:
    from stages import canvas

    return canvas.palette.load(job.path("palette", level=0, sweep=0, row=0, col=0))


def _shares(job: Job) -> tuple[float, ...]:
    """What each painting counts; they add up to one."""
    job.setting("style.weights")  # named in the row: the shares come of it
    return job.brief.shares


# ---- display


def energy(job: Job) -> Made:
    """The unit of the content loss, measured on the photo at display size."""
    from stages import display
    from stages.canvas.zones.division import zones_of

    size = job.brief.plan.display[-1].size
    zones = zones_of(_parts(job), job.brief.shares)
    photo, toning = job.path("photo"), _toning(job)
    text = json.dumps(display.content_energy(job.studio, photo, size, toning, zones))
    return Made(lambda out: out.write_text(text))


def display(job: Job) -> Made:
    """Level 0."""
    from stages import display
    from stages.canvas import Tooth

    result = display.from_files(
        job.studio,
        job.path("photo"),
        _style_images(job, "display"),
        job.brief.plan.display,
        display.Manner(
            weights=_weights(job, job.setting("style.content_weight")),
            optimizer=_optimizer(job),
            tooth=Tooth(job.setting("display.tooth"), job.setting("run.seed")),
            content_energy=_energy(job),
            toning=_toning(job),
            paint=_display_paint(job) if job.setting("style.matching") != "moments" else None,
            joining=job.brief.joining,
            method=_method(job),
            start=_start(job),
            kernel=job.setting("display.resize"),
            cut=job.setting("display.ends") == "cut",
        ),
        lambda scale, _: job.did(scale.size.pixels / 1e6),
    )
    return Made(
        lambda out: display.save(result, out),
        {
            "losses": [ends(curve) for curve in result.losses],
            "curves": [thinned(curve) for curve in result.losses],
        },
        tuple(loss for curve in result.losses for loss in curve),
    )


# ---- upsample


def upsampled(job: Job) -> Made:
    """The canvas of the level below at a level's size."""
    from stages import upsample
    from stages.canvas import Strokes

    size = job.brief.level(job.place).size
    crisp, bristles = job.setting("levels.crisp"), job.setting("levels.bristles")
    # Where the canvas is painted, strokes are the painting's own.
    strokes = (
        Strokes() if job.brief.painted else Strokes(crisp, bristles, job.brief.settings.run.seed)
    )
    below = job.place.level - 1
    source = job.path(job.brief.result(below), level=below)
    return Made(lambda out: upsample.enlarge(source, out, size, strokes))


def upsampled_photo(job: Job) -> Made:
    """The photo at a level's size."""
    from stages import upsample

    source, size = job.path("photo", level=0), job.brief.level(job.place).size
    toning, shares = _toning(job), zones_file(job)
    return Made(lambda out: upsample.content(source, out, size, toning, shares))


def zones(job: Job) -> Made:
    """What share of a level's pixels the zones of the paintings have."""
    from stages import upsample
    from stages.canvas.zones.division import zones_of

    found, size = zones_of(_parts(job), job.brief.shares), job.brief.level(job.place).size
    return Made(lambda out: upsample.shares(found, out, size))


# ---- paint


def dictionary(job: Job) -> Made:
    """The paintings' places at a level's scale."""
    from stages import brushwork
    from stages.canvas.places import dictionary as dictionaries

    found = brushwork.gathered(
        _style_images(job),
        job.brief.level(job.place).size,
        job.brief.ratio(job.place),
        how_painted(job),
    )
    return Made(lambda out: dictionaries.save(found, out))


def surveyed(job: Job) -> Made:
    """What painting a canvas takes of the whole of it."""
    from stages import paint
    from stages.canvas.places import dictionary as dictionaries
    from stages.canvas.places import survey

    places = dictionaries.load(job.path("dictionary"))
    canvas, shares = job.path("enlarged canvas"), zones_file(job)
    found = paint.surveyed(canvas, places, how_painted(job), shares)
    return Made(lambda out: survey.save(found, out))


def painted(job: Job) -> Made:
    """The enlarged canvas, painted."""
    from stages import paint
    from stages.canvas.places import dictionary as dictionaries
    from stages.canvas.places import survey

    source = job.path("enlarged canvas")
    places, seen = dictionaries.load(job.path("dictionary")), survey.load(job.path("survey"))
    painting = paint.Painting(source, places, seen, how_held(job), zones_file(job))
    return Made(lambda out: painting.write(out, job.results(painting.tasks())))


def how_painted(job: Job) -> Paint:
    """How canvases are painted, as the settings say."""
    from stages.brushwork import Paint

    return Paint(job.setting("paint.copies"), job.setting("paint.tone"), job.setting("run.seed"))


def how_held(job: Job) -> Paint:
    """How canvases are painted that keep the forms of the display."""
    hold, blur = _hold(job)
    return replace(how_painted(job), hold=hold, hold_blur=blur)


def _hold(job: Job) -> tuple[float, float]:
    """The share of a level's forms that stays, and the px from which on they do."""
    job.setting("paint.hold")  # named in the row: the brief knows what it is at a level
    brief = job.brief
    # At display size a form of half a px is as fine as any.
    blur = brief.level(job.place).size.width / brief.plan.display[-1].size.width / 2
    return brief.held(job.place.level), blur


def _display_paint(job: Job) -> Paint:
    job.setting("paint.join")  # named in the row: the brief reads it
    lines, strokes = job.setting("paint.lines"), job.setting("paint.strokes")
    return replace(how_painted(job), lines=lines, strokes=strokes)


# ---- restyle


def budget(job: Job) -> Made:
    """The iterations of this level and those above, as the budget's rest allows."""
    assert job.decided is not None
    iterations = list(job.decided(job.place.level))
    # Output and record both say it: if one is damaged, the other is left.
    text = json.dumps({"iterations": iterations}) + "\n"
    return Made(lambda out: out.write_text(text, encoding="ascii"), {"iterations": iterations})


def style_moments(job: Job) -> Made:
    """The paintings' moments at a level's size."""
    from stages import measure

    # Paint is joined by the painting as it is: nothing is to be kept out of it.
    images = _style_images(job, "" if job.brief.painted else "levels")
    found = measure.style_moments(job.studio, images, job.brief.level(job.place).size)
    return Made(lambda out: measure.save_moments(found, out))


def moments(job: Job) -> Made:
    """The canvas's moments at the start of a sweep."""
    from pipeline.engine.table import MEASURE_WORK
    from stages import measure

    grid = job.brief.grid(job.place)
    work = grid.tiles[0].window.pixels * MEASURE_WORK / 1e6
    label, shares = f"moments@{job.place.level}", zones_file(job)
    tasks = measure.windows(_sweep_source(job), grid, label, shares)
    found = measure.together(job.results(tasks, work))
    return Made(lambda out: measure.save_moments(found, out))


def tile(job: Job) -> Made:
    """One tile of a sweep, in parts where memory was short."""
    ((_, result),) = job.results(
        [lambda: tile_task(job)], job.brief.tile(job.place).window.pixels / 1e6
    )
    return tile_made(result)


def tile_task(job: Job) -> TileTask:
    """The work of a tile."""
    from stages.restyle import TileTask
    from stages.tasks import Shared

    return TileTask(
        tile_job(job),
        job.once("look", lambda: Shared(look(job))),
        parts=job.brief.parts(job.place),
        align=job.brief.plan.alignment,
        halo=job.brief.plan.halo,
    )


def tile_made(result: Restyled) -> Made:
    """What a tile's result makes."""
    from stages import canvas

    notes = {"losses": ends(result.losses), "curve": thinned(result.losses)}
    return Made(lambda out: canvas.write(out, result.pixels), notes, result.losses)


def tile_job(job: Job) -> TileJob:
    """What a tile's restyling reads."""
    from stages.restyle import TileJob

    photo, at = job.path("level photo", sweep=0, row=0, col=0), job.place
    name = f"restyle@{at.level} sweep {at.sweep} tile {at.row},{at.col}"
    return TileJob.read(_sweep_source(job), photo, job.brief.tile(at), name, zones_file(job))


def look(job: Job) -> Look:
    """What all tiles of a sweep are restyled to."""
    from pipeline.planning import network
    from stages import measure, restyle

    network.check_levels(job.brief.settings)
    level, (hold, blur) = job.brief.level(job.place), _hold(job)
    painting = measure.load_moments(job.path("style moments", sweep=0, row=0, col=0))
    many = not job.brief.alone(job.place)
    begun = range(1, job.place.sweep + 1) if many else ()
    canvases = [measure.load_moments(job.path("moments", sweep=one, row=0, col=0)) for one in begun]
    return restyle.Look(
        style=painting,
        canvas=canvases[-1] if many else None,
        content_energy=_energy(job),
        weights=_weights(job, level.content_weight),
        iterations=level.iterations,
        optimizer=_optimizer(job),
        gains=restyle.gains(painting, canvases),
        hues=_toning(job).hues,
        method=_method(job),
        lightness=job.brief.painted,
        hold=hold,
        hold_blur=blur,
    )


def _sweep_source(job: Job) -> Path:
    """The canvas at the start of a sweep."""
    if job.place.sweep == 1:
        return job.path(job.brief.start(), sweep=0, row=0, col=0)
    return job.path("sweep canvas", sweep=job.place.sweep - 1, row=0, col=0)


# ---- blend, finish


def blended(job: Job) -> Made:
    """The tiles of a sweep as one canvas."""
    from stages import blend

    grid, sweep = job.brief.grid(job.place), job.place.sweep
    return Made(
        lambda out: blend.run(
            grid, lambda one: job.path("tile", sweep=sweep, row=one.row, col=one.col), out
        )
    )


def level_blended(job: Job) -> Made:
    """The tiles of a level's last sweep as the canvas that the level hands on."""
    from stages import blend

    level = job.brief.level(job.place)
    grid, sweep = level.grids[-1], level.sweeps
    return Made(
        lambda out: blend.run(
            grid, lambda one: job.path("tile", sweep=sweep, row=one.row, col=one.col), out
        )
    )


def coloured(job: Job) -> Made:
    """The last canvas in the photo's colours."""
    from stages import colour

    last = len(job.brief.plan.levels)
    source, photo = job.path(job.brief.result(last), level=last), job.path("photo")
    mask, how, size = _colour_mask(job), job.setting("colour.keep"), job.brief.plan.display[-1].size
    return Made(lambda out: colour.run(source, photo, out, size, how, mask))


def tiff(job: Job) -> Made:
    """The print as TIFF."""
    return _print_file(job, "tiff")


def jpeg(job: Job) -> Made:
    """The print as JPEG."""
    return _print_file(job, "jpeg")


def png(job: Job) -> Made:
    """The print as PNG."""
    return _print_file(job, "png")


def archive(job: Job) -> Made:
    """The print to be kept: 16 bits, with smaller copies in it."""
    return _print_file(job, "archive")


def _print_file(job: Job, kind: Kind) -> Made:
    from stages import finish

    source, form = _last_canvas(job), print_format(job)
    work, written = job.output.work(job.brief, job.place), 0.0

    def did(share: float) -> None:
        nonlocal written  # a file may be begun again where the disk was full
        if share > written:
            job.did(work * (share - written))
            written = share

    def write(out: Path) -> None:
        finish.run(source, out, kind, form, did)
        did(1.0)

    return Made(write, _outside(source, form.profile))


def _outside(source: Path, profile: str) -> dict[str, float]:
    """For a record: how much of the print a profile cannot hold."""
    from stages import finish

    if profile == "srgb":
        return {}
    return {"outside_share": round(finish.outside_share(source, profile), 4)}


def soft_proof(job: Job) -> Made:
    """How the print will look on a lab's paper."""
    from stages import finish

    source, profile = _last_canvas(job), _profile(job, "print.soft_proof")
    return Made(lambda out: finish.soft_proof(source, out, profile), _outside(source, profile))


def _last_canvas(job: Job) -> Path:
    ref = job.brief.printed
    return job.path(ref.name, level=ref.place.level)


# ---- settings as the stages take them


def _energy(job: Job) -> float:
    name = job.path("content energy", level=0, sweep=0, row=0, col=0)
    return float(json.loads(name.read_text()))


def _weights(job: Job, content: float) -> Weights:
    from stages.nst.studio import Weights

    return Weights(
        style=job.setting("style.weight"),
        content=content,
        smooth=job.setting("style.smooth_weight"),
        with_std=job.setting("style.statistics") == "gram+std",
    )


def _optimizer(job: Job) -> Optimizer:
    from stages.nst.optimize import Optimizer

    return Optimizer(**{key.split(".")[1]: job.setting(key) for key in groups.OPTIMIZER})


def _method(job: Job) -> Method | None:
    """The losses of a published method; None for Tilebrush's own."""
    from stages.nst.published.method import Method

    found = Method(
        style=job.setting("losses.style"),
        norm=job.setting("losses.norm"),
        spread=job.setting("losses.spread"),
        content=job.setting("losses.content"),
        variation=job.setting("losses.variation"),
        out_of_range=job.setting("losses.range_weight"),
        white=job.setting("optimizer.white"),
        pixels=job.brief.plan.display[-1].size.pixels,
        query_photo=job.setting("losses.query_photo"),
        splitting=job.setting("losses.splitting"),
        patches=job.setting("losses.patches"),
        patch_layers=job.setting("losses.patch_layers"),
        patch_size=job.setting("losses.patch_size"),
        histogram=job.setting("losses.histogram"),
        sliced=job.setting("losses.sliced"),
    )
    return None if found.own else found


def _start(job: Job) -> Start:
    """What the display starts from."""
    from stages.canvas.starts import GREY, Start

    ground = GREY
    if job.setting("start.ground") == "mean" and job.setting("start.kind") != "photo":
        ground = job.studio.design.mean
    return Start(
        kind=job.setting("start.kind"),
        ground=ground,
        photo=job.setting("start.photo"),
        noise=job.setting("start.noise"),
        amount=job.setting("start.amount"),
        seed=job.setting("run.seed"),
    )


def _style_images(job: Job, section: str = "") -> StyleImages:
    """The prepared paintings with their weights, combed and softened as at display or levels."""
    from stages.measure import StyleImages

    for key in ("style.scale", "style.scales"):
        job.setting(key)  # named in the row: the sizes come of it
    return StyleImages(
        paths=tuple(job.path(job.brief.painting, style=i, level=0) for i in job.brief.paintings),
        weights=_shares(job),
        scales=job.brief.scales,
        parts=_parts(job),
        soften=job.setting(f"{section}.soften") if section else 0.0,
        combed=job.setting(f"{section}.comb") if section else 0,
        fit=job.setting("style.fit"),
        kernel=job.setting("display.resize") if section == "display" else "lanczos3",
    )


def print_format(job: Job) -> PrintFormat:
    """How print files are written."""
    from stages.canvas import PrintFormat

    sheet = job.brief.sheet
    return PrintFormat(
        dpi=job.setting("print.dpi"),
        bits=job.setting("print.bits"),
        jpeg_quality=job.setting("print.jpeg_quality"),
        seed=job.setting("run.seed"),
        border=sheet.border,
        colour=sheet.colour,
        profile=_profile(job, "print.profile"),
        compression=job.setting("print.compression"),
        said=_said(job),
    )


def _profile(job: Job, key: str) -> str:
    """The name or file of a profile; a file is as it was when the run began."""
    name = str(job.setting(key))
    for item in job.brief.of_role("profile"):
        if item.path == name:
            unchanged(item)
    return name


def _said(job: Job) -> Metadata:
    """What the print files say of themselves."""
    from pipeline import __version__
    from pipeline.config import fields
    from stages.canvas import Metadata

    if job.setting("print.metadata") == "none":
        return Metadata()
    found = json.loads(job.path("credits", level=0).read_text(encoding="ascii"))
    photo, *_ = (Path(item.name).stem for item in job.brief.of_role("photo"))
    styles = " and ".join(Path(item.name).stem for item in job.brief.of_role("style"))
    return Metadata(
        title=job.setting("print.title") or f"{photo}, painted after {styles}",
        artist=found["artist"],
        copyright=found["copyright"],
        tool=f"tilebrush {__version__}",
        settings=fields.said(job.brief.settings),
        camera=found["camera"],
    )


def thinned(curve: tuple[float, ...]) -> list[float]:
    """At most `_POINTS` losses of a curve, evenly from its first to its last, rounded."""
    last, steps = len(curve) - 1, min(len(curve), _POINTS) - 1
    picked = [round(step * last / steps) for step in range(steps + 1)] if steps > 0 else [0]
    return [float(f"{curve[index]:.5g}") for index in picked]


def ends(curve: tuple[float, ...]) -> dict[str, float]:
    """First, last and least loss of a curve, rounded: what the report shows."""
    return {
        "first": float(f"{curve[0]:.5g}"),
        "last": float(f"{curve[-1]:.5g}"),
        "least": float(f"{min(curve):.5g}"),
    }
