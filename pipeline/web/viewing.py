"""The app of `tilebrush view`: the page of one run and its print files, read-only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.report import files

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


def app(root: Path, prints: Sequence[str]) -> Starlette:
    """Serves `report/` of the run in `root`, and files of these names beside it."""
    from starlette.applications import Starlette
    from starlette.responses import RedirectResponse
    from starlette.routing import Route

    async def home(request: Request) -> Response:
        return RedirectResponse(f"{files.FOLDER}/{files.PAGE}")

    async def given(request: Request) -> Response:
        name = request.path_params["name"]
        return one(root / name) if name in prints else missing()

    routes = [
        Route("/", home),
        folder(f"/{files.FOLDER}", root / files.FOLDER),
        Route("/{name:path}", given),
    ]
    return Starlette(routes=routes)


def folder(at: str, where: Path) -> BaseRoute:
    """A folder's files, links that lead out of it refused."""
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    return Mount(at, StaticFiles(directory=where, check_dir=False, follow_symlink=False))


def one(path: Path) -> Response:
    """One file, if it is there and no link."""
    from starlette.responses import FileResponse

    return missing() if not path.is_file() or path.is_symlink() else FileResponse(path)


def missing() -> Response:
    """What is answered where nothing is."""
    from starlette.responses import PlainTextResponse

    return PlainTextResponse("Not there.\n", 404)
