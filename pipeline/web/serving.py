"""A server for this computer alone: loopback, a free port, a token in every address.

Programs of others on the computer can reach a port of it, and so can pages of other sites in the
browser. Whoever does not know the token gets nothing, and a name that was made to point here (DNS
rebinding) is refused by its Host.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from stages.errors import TilebrushError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_HOSTS = [LOOPBACK, "localhost"]
_TOKEN_BYTES = 24
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_NO_TOKEN = "Refused: open the whole address that tilebrush told, with its token.\n"


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class Guard:
    """Lets through what names the token first, and takes it off the path."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app, self.token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        from starlette.responses import PlainTextResponse

        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        first, _, rest = scope["path"].removeprefix("/").partition("/")
        if not secrets.compare_digest(first.encode(), self.token.encode()):
            await PlainTextResponse(_NO_TOKEN, 403)(scope, receive, send)
            return
        if _leads_out(rest):
            await PlainTextResponse("Refused: no such place.\n", 403)(scope, receive, send)
            return
        inner = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = list(message.get("headers", []))
                known = {name for name, _ in kept}
                extra = {**_HEADERS, "cache-control": "no-store"}
                pairs = [(name.encode(), value.encode()) for name, value in extra.items()]
                message["headers"] = kept + [pair for pair in pairs if pair[0] not in known]
            await send(message)

        await self.app(inner, receive, sending)


def _leads_out(path: str) -> bool:
    """Whether a path has parts that no file of ours has."""
    parts = path.replace("\\", "/").split("/")
    return "\0" in path or any(part.startswith(".") for part in parts)


def guarded(app: Starlette, token: str) -> ASGIApp:
    """An app behind its token, for this computer's own names only."""
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return TrustedHostMiddleware(Guard(app, token), allowed_hosts=_HOSTS, www_redirect=False)


def serve(
    app: Starlette, token: str, port: int, ready: Callable[[str], None], *, browse: bool
) -> None:
    """Serve until the process is told to end; `ready` is given the address. Port 0: a free one.

    Raises:
        Interrupted: how it ends.
        TilebrushError: the port is taken.
    """
    import uvicorn

    with closing(_bound(port)) as listening:
        address = f"http://{LOOPBACK}:{listening.getsockname()[1]}/{token}/"
        ready(address)
        if browse:
            _browse(address)
        settings: dict[str, Any] = {"log_level": "error", "access_log": False, "lifespan": "off"}
        server = uvicorn.Server(uvicorn.Config(guarded(app, token), **settings))
        server.config.server_header = False
        server.config.timeout_graceful_shutdown = 1
        server.run(sockets=[listening])


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.bind((LOOPBACK, port))
        made.listen()
    except OSError as error:
        made.close()
        raise TilebrushError(
            f"port {port} of this computer cannot be used ({error.strerror}); "
            "name another with --port, or none"
        ) from None
    return made


def _browse(address: str) -> None:
    """Open the browser, where there is a screen for one."""
    import webbrowser

    unix = os.name == "posix" and sys.platform != "darwin"
    if unix and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # a browser in the terminal would take it over
    webbrowser.open(address)
