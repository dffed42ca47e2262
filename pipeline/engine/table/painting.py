"""Rows of the table: what `upsample` and `paint` make of a level, before it is restyled."""

from __future__ import annotations

from pipeline.engine.makers import looks
from pipeline.engine.makers import painting as makers
from pipeline.engine.outputs import Output, Ref, Scope
from pipeline.engine.outputs.groups import PAINT, PAINTINGS
from pipeline.engine.table import costs, sources

ROWS: tuple[Output, ...] = (
    Output(
        name="enlarged canvas",
        stage="upsample",
        scope=Scope.LEVEL,
        pattern="upsample-{level}/canvas.npy",
        version="3",
        make=makers.upsampled,
        inputs=lambda brief, at: [sources.handed_on(brief, at.level - 1)],
        settings=("levels.crisp", "levels.bristles"),
        facts=lambda brief, at: (
            *(brief.level(at).size, brief.painted),
            None if brief.painted else brief.settings.run.seed,
        ),
        work=costs.level_file,
        bytes=costs.level_bytes,
    ),
    Output(
        name="zones",
        stage="upsample",
        scope=Scope.LEVEL,
        pattern="upsample-{level}/zones.npy",
        version="1",
        make=makers.zones,
        inputs=lambda brief, at: sources.masks(brief),
        facts=sources.whose(lambda brief, at: brief.level(at).size),
        there=lambda brief, _: bool(brief.division),
        work=costs.level_file,
        bytes=lambda brief, at: brief.level(at).size.pixels * 4 * len(set(brief.division)),
    ),
    Output(
        name="level photo",
        stage="upsample",
        scope=Scope.LEVEL,
        pattern="upsample-{level}/photo.npy",
        version="3",
        make=makers.upsampled_photo,
        inputs=lambda brief, at: [Ref("photo"), Ref("palette"), *sources.zones(brief, at)],
        facts=lambda brief, at: brief.level(at).size,
        work=costs.level_file,
        bytes=costs.level_bytes,
    ),
    Output(
        name="dictionary",
        stage="paint",
        scope=Scope.LEVEL,
        pattern="paint-{level}/dictionary.safetensors",
        version="1",
        make=makers.dictionary,
        inputs=lambda brief, _: [*sources.paintings(brief), *sources.masks(brief)],
        settings=(*PAINTINGS, *PAINT),
        facts=sources.whose(lambda brief, at: (brief.level(at).size, round(brief.ratio(at), 6))),
        there=sources.painted,
        bytes=costs.dictionary_bytes,
        measured=True,
    ),
    Output(
        name="survey",
        stage="paint",
        scope=Scope.LEVEL,
        pattern="paint-{level}/survey.safetensors",
        version="2",
        make=makers.surveyed,
        inputs=lambda brief, at: [
            *(Ref("enlarged canvas", at), Ref("dictionary", at), *sources.zones(brief, at))
        ],
        settings=PAINT,
        there=sources.painted,
        work=costs.level_file,
        measured=True,
    ),
    Output(
        name="painted canvas",
        stage="paint",
        scope=Scope.LEVEL,
        pattern="paint-{level}/canvas.npy",
        version="2",
        make=makers.painted,
        inputs=lambda brief, at: [
            *(Ref("enlarged canvas", at), Ref("dictionary", at), Ref("survey", at)),
            *sources.zones(brief, at),
        ],
        settings=(*PAINT, "paint.hold"),
        facts=lambda brief, at: (sources.held(brief, at), brief.last(at.level)),
        there=sources.painted,
        work=lambda brief, at: brief.level(at).size.pixels * costs.PAINT_WORK / 1e6,
        bytes=costs.level_bytes,
        before=lambda brief, at: Ref("enlarged canvas", at),
        looks={"places.png": looks.places},
    ),
)
