"""Who asks without the token, under another name, or for something else, gets nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from pipeline.web import serving, viewing
from stages.errors import TilebrushError

TOKEN = "a-token"


def asked(run: Path, path: str, method: str = "GET", host: str = "127.0.0.1") -> httpx.Response:
    """What a request to the app gets; the path goes as it is."""
    app = serving.guarded(viewing.app(run, ["print.tif", "print.jpg"]), TOKEN)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport) as client:
            request = client.build_request(method, f"http://{host}:80/")
            request.url = httpx.URL(f"http://{host}:80").copy_with(raw_path=path.encode())
            return await client.send(request)

    return asyncio.run(ask())


def test_the_page_and_the_print_can_be_read(finished: Path) -> None:
    assert asked(finished, f"/{TOKEN}/").headers["location"] == "report/index.html"
    page = asked(finished, f"/{TOKEN}/report/index.html")
    assert page.status_code == 200 and "<h1" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    jpeg = asked(finished, f"/{TOKEN}/print.jpg")
    assert jpeg.content == (finished / "print.jpg").read_bytes()
    assert asked(finished, f"/{TOKEN}/report/index.html", host="localhost").status_code == 200


@pytest.mark.parametrize("path", ["/", "/report/index.html", "/other/report/index.html", "//",
                                  "/a-token", "/a-toke/report/index.html"])  # fmt: skip
def test_without_the_token_nothing(finished: Path, path: str) -> None:
    found = asked(finished, path)
    if path == f"/{TOKEN}":
        assert found.status_code < 400 or found.status_code == 404
        return
    assert found.status_code == 403 and "token" in found.text and TOKEN not in found.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "[::1]"])
def test_another_host_nothing(finished: Path, host: str) -> None:
    assert asked(finished, f"/{TOKEN}/report/index.html", host=host).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "run.json", "run.log", ".run.json", "prepare/photo.npy", "report/../run.json",
        "report/%2e%2e/run.json", "report/..%2frun.json", "%2e%2e/%2e%2e/etc/passwd",
        "report/..\\run.json", "report/", "report", "report/.part-x", "report/%00",
        "//etc/passwd", "report//etc/passwd", "report/pictures/%2e%2e%5c%2e%2e%5crun.json",
    ],
)  # fmt: skip
def test_nothing_outside_the_page(finished: Path, path: str) -> None:
    found = asked(finished, f"/{TOKEN}/{path}")
    assert found.status_code in (307, 403, 404), (path, found.text)
    assert "resolved" not in found.text and "root:" not in found.text


def test_links_out_of_the_page_are_not_followed(copied: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (copied / "report" / "link.txt").symlink_to(secret)
    (copied / "report" / "folder").symlink_to(tmp_path)
    (copied / "print.jpg").unlink()
    (copied / "print.jpg").symlink_to(secret)
    for path in ("report/link.txt", "report/folder/secret.txt", "print.jpg"):
        found = asked(copied, f"/{TOKEN}/{path}")
        assert found.status_code == 404 and "secret" not in found.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_reading_is_all(finished: Path, method: str) -> None:
    for path in ("", "report/index.html", "print.jpg"):
        assert asked(finished, f"/{TOKEN}/{path}", method).status_code == 405


@pytest.fixture
def taken() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield other.getsockname()[1]


def test_a_port_that_is_taken_is_told(finished: Path, taken: int) -> None:
    app = viewing.app(finished, [])
    with pytest.raises(TilebrushError, match=f"port {taken} of this computer"):
        serving.serve(app, TOKEN, taken, lambda _: None, browse=False)


def test_tokens_differ_and_are_long() -> None:
    tokens = {serving.new_token() for _ in range(50)}
    assert len(tokens) == 50 and min(map(len, tokens)) >= 32
