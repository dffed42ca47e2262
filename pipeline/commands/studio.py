"""`tilebrush studio`: prints made in the browser, for those without a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.commands.results import ViewResult
from pipeline.run import atomic
from pipeline.web import printing, serving
from pipeline.web import studio as app
from stages.errors import UsageError


def studio(
    folder: Path | None, show: Callable[[ViewResult], None], port: int, browse: bool
) -> None:
    """Serve the studio of a folder until the process is told to end; a print at work goes on.

    Raises:
        UsageError: the folder is a file.
        TilebrushError: it cannot be made; the port is taken.
        Interrupted: how it ends.
    """
    where = folder or _default()
    if where.exists() and not where.is_dir():
        raise UsageError(f"{where} is a file; name a folder for the prints")
    with atomic.explained(where, "then try again"):
        where.mkdir(parents=True, exist_ok=True)
    prints, token = printing.Prints(where), serving.new_token()

    def ready(address: str) -> None:
        show(ViewResult(run=str(prints.folder), address=address))

    serving.serve(app.app(prints), token, port, ready, browse=browse)


def _default() -> Path:
    import platformdirs

    return Path(platformdirs.user_pictures_dir()) / "Tilebrush"
