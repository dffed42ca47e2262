"""The app of `tilebrush studio`: the page of a run with a form before it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.report import files
from pipeline.web import viewing
from pipeline.web.printing import MOST_BYTES, Prints
from stages.errors import RunLocked, TilebrushError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_FORM_BYTES = 20_000


def app(prints: Prints) -> Starlette:
    """Serves the studio of a folder: its page, its files in, its prints out."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    page = files.rendered("studio.html", place="assets/", title="Tilebrush studio")

    async def home(request: Request) -> Response:
        return HTMLResponse(page)

    async def state(request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(prints.state))

    async def upload(request: Request) -> Response:
        return await _answered(lambda: _taken(prints, request))

    async def plan(request: Request) -> Response:
        form = await _form(request)
        return await _answered(lambda: asyncio.to_thread(prints.plan, form))

    async def start(request: Request) -> Response:
        form = await _form(request)
        return await _answered(lambda: _named(asyncio.to_thread(prints.start, form)))

    async def pause(request: Request) -> Response:
        return await _answered(lambda: _named(asyncio.to_thread(prints.pause)))

    async def resume(request: Request) -> Response:
        name = str((await _form(request)).get("name", ""))
        return await _answered(lambda: _named(asyncio.to_thread(prints.resume, name)))

    async def given(request: Request) -> Response:
        return await asyncio.to_thread(_of_print, prints, request.path_params)

    posts: dict[str, Any] = {
        "upload": upload, "plan": plan, "start": start, "pause": pause, "resume": resume,
    }  # fmt: skip
    return Starlette(
        routes=[
            Route("/", home),
            Route("/state", state),
            viewing.folder("/assets", Path(str(resources.files("pipeline.report") / "page"))),
            Route("/prints/{name}/{path:path}", given),
            *(Route(f"/{name}", work, methods=["POST"]) for name, work in posts.items()),
        ]
    )


async def _named(work: Any) -> dict[str, object]:
    return {"name": await work}


async def _answered(work: Callable[[], Any]) -> Response:
    """What a command gives as JSON, or why it refuses."""
    from starlette.responses import JSONResponse

    try:
        return JSONResponse(await work())
    except RunLocked as error:
        return JSONResponse({"error": str(error)}, 409)
    except TilebrushError as error:
        return JSONResponse({"error": str(error)}, 422)


async def _form(request: Request) -> dict[str, Any]:
    """The fields of the form; whatever is no small JSON object counts as empty."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _FORM_BYTES:
            return {}
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _taken(prints: Prints, request: Request) -> dict[str, object]:
    """A file that is given, written down piece by piece and looked at.

    Raises:
        TilebrushError: it is too large, or no image that can be used.
    """
    role, name = request.query_params.get("role"), request.query_params.get("name", "image")
    if role not in ("photo", "style"):
        raise TilebrushError("a file is given as photo or as style")
    path = prints.place_for(name)
    try:
        taken = 0
        with path.open("wb") as file:
            async for piece in request.stream():
                taken += len(piece)
                if taken > MOST_BYTES:
                    raise TilebrushError(
                        f"{path.name} has more than {MOST_BYTES // 1_000_000} MB; "
                        "give a smaller one"
                    )
                file.write(piece)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    found = await asyncio.to_thread(prints.take, role, path)  # type: ignore[arg-type]
    return {"name": found.name, "size": found.size}


def _of_print(prints: Prints, asked: dict[str, str]) -> Response:
    """A file of a print's page, or a print file at the top of its folder."""
    name, path = asked["name"], asked["path"]
    if name not in prints.names():
        return viewing.missing()
    root = prints.folder / name
    data = files.read_data(root / files.FOLDER / files.DATA)
    allowed = path.startswith(f"{files.FOLDER}/") or path in data.get("files", [])
    found = root / path
    inside = found.resolve().is_relative_to(root.resolve())
    return viewing.one(found) if allowed and inside else viewing.missing()
