"""Rows of the table: what `prepare` and `palette` make."""

from __future__ import annotations

from pipeline.config.roles import COLOUR_MASK, MAP, MASK, STYLE_MAP, STYLE_MASK, role
from pipeline.engine.makers import preparing as makers
from pipeline.engine.outputs import Brief, Output, Place, Ref, Scope
from pipeline.engine.table import costs, sources
from stages.sheet import CENTRE


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


ROWS: tuple[Output, ...] = (
    Output(
        name="photo",
        stage="prepare",
        scope=Scope.RUN,
        pattern="prepare/photo.npy",
        version="1",
        make=makers.photo,
        facts=_photo_part,
        work=costs.print_file,
        bytes=costs.print_bytes,
    ),
    Output(
        name="style",
        stage="prepare",
        scope=Scope.STYLE,
        pattern="prepare/style-{style}.npy",
        version="1",
        make=makers.style,
        settings=("style.max_pixels",),
        facts=lambda brief, at: brief.of_role("style")[at.style - 1].sha256,
    ),
    Output(
        name="colour mask",
        stage="prepare",
        scope=Scope.RUN,
        pattern="prepare/colour-mask.npy",
        version="1",
        make=makers.colour_mask,
        facts=lambda brief, _: _mask_part(brief, COLOUR_MASK),
        there=lambda brief, _: brief.has(COLOUR_MASK),
        bytes=lambda brief, _: brief.plan.size.pixels * costs.PIXEL / 3,
    ),
    Output(
        name="mask",
        stage="prepare",
        scope=Scope.STYLE,
        pattern="prepare/mask-{style}.npy",
        version="1",
        make=makers.mask,
        facts=lambda brief, at: (_mask_facts(brief, at), brief.plan.size, brief.crop),
        there=lambda brief, at: at.style in [mask for mask, _ in brief.division],
        bytes=lambda brief, _: brief.plan.size.pixels * costs.PIXEL / 3,
    ),
    Output(
        name="style mask",
        stage="prepare",
        scope=Scope.STYLE,
        pattern="prepare/style-mask-{style}.npy",
        version="1",
        make=makers.style_mask,
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
        make=makers.recoloured_style,
        inputs=lambda brief, at: [Ref("style", at), Ref("photo"), *sources.colour_mask(brief)],
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
        make=makers.credits,
        settings=("print.metadata",),
        facts=lambda brief, _: brief.of_role("photo")[0].sha256,
        there=sources.credited,
        measured=True,
    ),
    Output(
        name="palette",
        stage="palette",
        scope=Scope.RUN,
        pattern="palette/palette.safetensors",
        version="1",
        make=makers.palette,
        inputs=lambda brief, _: [Ref("photo"), *sources.paintings(brief), *sources.masks(brief)],
        settings=("style.palette", "style.weights"),
        facts=sources.whose(lambda brief, _: brief.plan.display[-1].size),
        measured=True,
    ),
)
