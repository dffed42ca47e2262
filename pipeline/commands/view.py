"""`tilebrush view`: the page of a run in the browser, live while the run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pipeline.commands.results import ViewResult
from pipeline.console.console import Console
from pipeline.engine.state import State
from pipeline.report import files
from pipeline.report.reporter import write
from pipeline.run.directory import RunDir
from pipeline.web import serving, viewing
from stages.errors import Interrupted, RunLocked, TilebrushError

_PATIENCE = 20.0  # seconds in which a print that has just begun writes its page


def view(
    run_dir: Path, console: Console, show: Callable[[ViewResult], None], port: int, browse: bool
) -> None:
    """Serve the page of a run until the process is told to end; `show` is given the address.

    Raises:
        RunMissing: no run there.
        TilebrushError: there is no page and none can be written; the port is taken.
        Interrupted: how it ends.
    """
    run = RunDir.open(run_dir)
    prepare(run, console)
    state = State(run)
    prints = [output.file(place, state.brief) for output, place in state.products()]
    served, token = viewing.app(run.root, prints), serving.new_token()

    def ready(address: str) -> None:
        show(ViewResult(run=str(run.root), address=address))

    serving.serve(served, token, port, ready, browse=browse)


def prepare(run: RunDir, console: Console) -> None:
    """See to it that a run has a page: a print under way writes it, of others it is written now.

    Raises:
        TilebrushError: there is none.
    """
    page = run.root / files.FOLDER / files.DATA
    try:
        with run.locked():
            if not State(run).cleaned():  # the page of a cleaned run knows what the run forgot
                write(run)
    except RunLocked:
        ends = time.monotonic() + _PATIENCE
        while not page.is_file() and time.monotonic() < ends:
            time.sleep(0.2)
    except Interrupted:
        raise
    except TilebrushError as error:
        if not page.is_file():
            raise
        console.warn(f"the page is shown as it was written: {error}")
    if not page.is_file():
        raise TilebrushError(
            f"{run.root} has no {files.FOLDER}/{files.PAGE} yet; try again when the print is "
            "further, or see tilebrush status"
        )
