"""Rows of the table: what `display` makes."""

from __future__ import annotations

from pipeline.engine.makers import displaying as makers
from pipeline.engine.outputs import Output, Ref, Scope
from pipeline.engine.outputs.groups import (
    COMPUTED,
    LOSS,
    OPTIMIZER,
    PAINT,
    PAINTINGS,
    RESIZING,
    START,
)
from pipeline.engine.table import costs, sources

ROWS: tuple[Output, ...] = (
    Output(
        name="content energy",
        stage="display",
        scope=Scope.RUN,
        pattern="display/energy.txt",
        version="1",
        make=makers.energy,
        inputs=lambda brief, _: [Ref("photo"), Ref("palette"), *sources.masks(brief)],
        settings=COMPUTED,
        facts=sources.whose(lambda brief, _: brief.plan.display[-1].size),
        measured=True,
    ),
    Output(
        name="display canvas",
        stage="display",
        scope=Scope.RUN,
        pattern="display/canvas.npy",
        version="7",
        make=makers.display,
        inputs=lambda brief, _: [
            *(Ref("photo"), Ref("palette"), Ref("content energy")),
            *(*sources.paintings(brief), *sources.masks(brief)),
        ],
        settings=(
            *(*COMPUTED, *LOSS, *OPTIMIZER, *PAINTINGS, "style.content_weight", "run.seed"),
            *("display.tooth", "display.soften", "display.comb", "style.matching", *PAINT),
            *("paint.lines", "paint.join", "paint.strokes", *START, *RESIZING),
        ),
        facts=sources.whose(lambda brief, _: brief.plan.display),
        work=lambda brief, _: costs.display_work(brief),
        bytes=lambda brief, _: brief.plan.display[-1].size.pixels * costs.PIXEL,
        before=lambda brief, _: Ref("photo"),
        paced=True,
    ),
)
