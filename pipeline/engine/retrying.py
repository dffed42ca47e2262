"""What is to be made of an error: an output is tried again, in parts where memory is short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, replace

from pipeline.engine.executors.queue import out_of_memory
from pipeline.engine.outputs import Brief, Division, Output, Place
from pipeline.run.directory import RunDir
from pipeline.run.records import Manifest
from stages.nst.allocator import give_memory_back

_MOST_PARTS = 16  # of a tile; smaller ones are mostly halo


def again(
    run: RunDir,
    output: Output,
    place: Place,
    error: Exception,
    attempts: Counter[Place],
    divide: Callable[[Output, Place], bool],
) -> bool:
    """Whether an output is to be tried again after an error; else it has failed for good.

    Raises:
        Exception: the error itself, where it is no fault of the tile, or is tried but once.
    """
    if not isinstance(error, ArithmeticError | RuntimeError | MemoryError):
        raise error
    if out_of_memory(error):  # no fault of the tile
        if not divide(output, place):
            raise error
        return True
    if output.tries == 1:
        raise error
    attempts[place] += 1
    run.log(
        f"{output.stage}@{place.level} sweep {place.sweep} tile {place.row},{place.col}, "
        f"attempt {attempts[place]}: {type(error).__name__}: {error}"
    )
    return attempts[place] < output.tries


def divided(
    run: RunDir,
    manifest: Manifest,
    brief: Brief,
    output: Output,
    place: Place,
    warn: Callable[[str], None],
) -> tuple[Manifest, Brief] | None:
    """Have tiles from this one on worked on in twice as many parts, if they may be."""
    parts = 2 * brief.parts(place)
    if not output.divisible or parts > _MOST_PARTS:
        return None
    give_memory_back()
    found = Division(place.level, place.sweep, place.row, place.col, parts)
    told = (
        f"out of memory in {output.stage}@{place.level} tile {place.row},{place.col}: from "
        f"here on tiles are worked on in {parts} parts; what is done stays"
    )
    run.log(told)
    warn(told)
    divisions = (*brief.divisions, found)
    noted = replace(manifest, divisions=tuple(astuple(d) for d in divisions))
    run.write_manifest(noted)
    return noted, replace(brief, divisions=divisions)
