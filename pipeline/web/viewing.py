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

    routes = [
        Route("/", home),
        folder(f"/{files.FOLDER}", root / files.FOLDER),
        *(file_of(f"/{name}", root / name) for name in prints),
    ]
    return Starlette(routes=routes)


def folder(at: str, where: Path) -> BaseRoute:
    """A folder's files, links that lead out of it refused."""
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    return Mount(at, StaticFiles(directory=where, check_dir=False, follow_symlink=False))


def file_of(at: str, path: Path) -> BaseRoute:
    """One file, if it is there and no link."""
    from starlette.responses import FileResponse, PlainTextResponse
    from starlette.routing import Route

    async def given(request: Request) -> Response:
        if not path.is_file() or path.is_symlink():
            return PlainTextResponse("Not there.\n", 404)
        return FileResponse(path)

    return Route(at, given)
