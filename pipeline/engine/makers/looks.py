"""What `tilebrush stage` draws beside an output: what it was made with, for people to look at.

A row of the table names them by their files; like its maker they read through the job.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.engine.makers import given, restyling
from pipeline.engine.outputs import Job


def places(job: Job, made: Path, out: Path) -> None:
    """Where in the paintings each block of a painted canvas came from."""
    from stages import looking
    from stages.canvas.places import dictionary as dictionaries
    from stages.canvas.places import survey

    found, seen = dictionaries.load(job.path("dictionary")), survey.load(job.path("survey"))
    canvas = job.path("enlarged canvas"), given.zones_file(job)
    looking.places(canvas, made, found, seen, given.how_painted(job), out)


def targets(job: Job, made: Path, out: Path) -> None:
    """What a tile aimed at in each layer of the encoder, and how near it came."""
    from stages import canvas, looking

    what, aim = restyling.tile_job(job), restyling.look(job)
    looking.targets(
        job.studio,
        what.canvas,
        what.tile.core.within(what.window),
        (aim.style, aim.canvas),
        dict(aim.gains) if aim.gains else None,
        (canvas.read(made), what.tile.write.within(what.window)),
        out,
        what.zones,
    )
