"""`tilebrush compare-runs`: two runs or reruns side by side, with their difference and numbers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.commands.results import CompareRunsResult, SideRow
from pipeline.config import load as config
from pipeline.engine import table
from pipeline.engine.outputs import Place, Ref
from pipeline.engine.state import State
from pipeline.run import atomic, claimed, scratch, usage
from pipeline.run.directory import RunDir
from stages import canvas
from stages.errors import RunMissing, TilebrushError
from stages.tiles import Size

_AGAIN = "then run the command again"
_MOST = 1_000_000_000  # px of a print file that is read in place of a canvas


@dataclass(frozen=True)
class _Side:
    """One of the two: its picture, what is told of it, and the settings of its run."""

    path: Path
    row: SideRow
    settings: config.Settings | None


def compare_runs(first: Path, second: Path, out: Path) -> CompareRunsResult:
    """Compare the newest pictures of two runs or folders of `tilebrush stage`, into `out`.

    Of two sizes the larger picture is shrunk to the smaller one's.

    Raises:
        RunMissing: one of them is neither a run nor such a folder.
        TilebrushError: there is no picture yet, or the output cannot be written.
    """
    with scratch.folder() as folder:
        sides = [_side(name, path) for name, path in (("A", first), ("B", second))]
        pictures = [_canvas(side, folder / f"{side.row.side}.npy") for side in sides]
        size = min((canvas.size_of(path) for path in pictures), key=lambda each: each.pixels)
        pictures = [
            _sized(path, size, folder / f"small-{number}.npy")
            for number, path in enumerate(pictures)
        ]
        a, b = pictures
        apart = canvas.measured(a, b)
        atomic.atomic_write(out, lambda part: canvas.beside(a, b, part), _AGAIN)
    equal = math.isinf(apart.psnr)
    return CompareRunsResult(
        picture=str(out),
        compared_at=str(size),
        mean_difference=round(apart.mean, 3),
        most_difference=round(apart.most, 1),
        psnr=None if equal else round(apart.psnr, 2),
        mean_delta_e=round(apart.delta, 3),
        delta_e_of_95_percent=round(apart.delta_most, 2),
        visible_share=round(apart.seen_share, 4),
        sides=tuple(side.row for side in sides),
        settings=_differences(*sides),
    )


def _differences(a: _Side, b: _Side) -> tuple[str, ...]:
    if a.settings is None or b.settings is None:
        return ()
    return tuple(config.differences(a.settings, b.settings))


def _canvas(side: _Side, made: Path) -> Path:
    """The picture as a canvas; of a cleaned run the print file is read."""
    if side.path.suffix == ".npy":
        return side.path
    canvas.prepare_style(side.path, made, _MOST)
    return made


def _sized(path: Path, size: Size, made: Path) -> Path:
    if canvas.size_of(path) == size:
        return path
    canvas.resize(path, made, size)
    return made


def _side(name: str, path: Path) -> _Side:
    if RunDir.exists(path):
        return _of_run(name, RunDir.open(path))
    said = _said(path)
    if said is not None:
        return _of_stage(name, path, said)
    raise RunMissing(f"{path} holds neither a run nor what tilebrush stage made; name another")


def _of_run(name: str, run: RunDir) -> _Side:
    state = State(run)
    path, what = _newest(state)
    iterations = ", ".join(str(level.iterations) for level in state.brief.plan.levels)
    taken = usage.of(run)
    row = SideRow(
        side=name,
        folder=str(run.root),
        what=what,
        picture=run.name(path),
        size=str(_size(path)),
        how=f"iterations {iterations}",
        took_seconds=None if state.cleaned() else round(taken.seconds, 1),
        first_loss=None,
        last_loss=None,
    )
    return _Side(path, row, config.from_record(state.manifest.resolved))


def _newest(state: State) -> tuple[Path, str]:
    """The canvas of the highest level that is made, or the print of a cleaned run."""
    for level in range(len(state.brief.plan.levels), -1, -1):
        ref = Ref(state.brief.result(level), Place(level=level))
        path = state.path(table.row(ref.name), ref.place)
        if path.is_file():
            last = level == len(state.brief.plan.levels)
            return path, "print" if last else f"level {level}" if level else "display"
    for output, place in state.products():
        path = state.path(output, place)
        if path.is_file():
            return path, "print"
    raise TilebrushError(
        f"{state.run.root} has no picture yet; run tilebrush resume {state.run.root} first"
    )


def _size(path: Path) -> Size:
    return canvas.size_of(path) if path.suffix == ".npy" else canvas.inspect(path).size


def _said(folder: Path) -> dict[str, Any] | None:
    """What the folder of a rerun says of itself."""
    try:
        found = json.loads((folder / claimed.MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(found, dict) and isinstance(found.get("files"), list)
    return found if whole and isinstance(found.get("stage"), str) else None


def _of_stage(name: str, folder: Path, said: dict[str, Any]) -> _Side:
    files = [str(each) for each in said["files"]]
    order = ("after.npy", "canvas.npy", "photo.npy", "print.tif", "print.jpg")
    wanted = [*(each for each in order if each in files), *(f for f in files if f.endswith(".npy"))]
    there = [folder / each for each in wanted if (folder / each).is_file()]
    if not there:
        raise TilebrushError(f"{folder} holds no picture; run tilebrush stage again")
    losses = said.get("losses")
    first, last = losses if isinstance(losses, list) and len(losses) == 2 else (None, None)
    changed = said.get("set")
    row = SideRow(
        side=name,
        folder=str(folder),
        what=str(said["stage"]),
        picture=there[0].name,
        size=str(_size(there[0])),
        how=", ".join(f"{key}={value}" for key, value in dict(changed or {}).items()),
        took_seconds=said.get("seconds"),
        first_loss=first,
        last_loss=last,
    )
    return _Side(there[0], row, _settings(said))


def _settings(said: dict[str, Any]) -> config.Settings | None:
    """The settings of a rerun: its run's with those that were changed, if the run is there."""
    run, changed = Path(str(said.get("run"))), said.get("set")
    if not RunDir.exists(run) or not isinstance(changed, dict):
        return None
    settings = config.from_record(RunDir.open(run).manifest().resolved)
    return config.override(settings, changed)
