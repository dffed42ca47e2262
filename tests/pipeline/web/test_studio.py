"""The studio over http, without a browser: what it takes, and what it refuses."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.config import load as config
from pipeline.run.directory import RunDir
from pipeline.web import printing, serving, studio
from pipeline.web.printing import Prints
from stages.errors import InputImageError, RunLocked, UsageError

TOKEN = "a-token"


@pytest.fixture
def prints(tmp_path: Path) -> Prints:
    (tmp_path / "prints").mkdir()
    return Prints(tmp_path / "prints")


def asked(prints: Prints, method: str, path: str, **given: Any) -> httpx.Response:
    app = serving.guarded(studio.app(prints), TOKEN)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        base = given.pop("base", "http://127.0.0.1")
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, **given)

    return asyncio.run(ask())


def test_the_page_has_all_that_it_names(prints: Prints) -> None:
    page = asked(prints, "GET", f"/{TOKEN}/")
    assert page.status_code == 200
    for line in page.text.splitlines():
        for part in ('src="', 'href="assets'):
            if part in line and "data:" not in line:
                name = line.split(part.split("assets")[0])[1].split('"')[0]
                assert asked(prints, "GET", f"/{TOKEN}/{name}").status_code == 200, name


def test_a_file_is_taken_and_looked_at(prints: Prints, photo: Path) -> None:
    found = asked(
        prints,
        "POST",
        f"/{TOKEN}/upload?role=photo&name=my%20photo.png",
        content=photo.read_bytes(),
    )
    assert found.json() == {"name": "my photo.png", "size": "160x120"}
    assert prints.given["photo"].path.read_bytes() == photo.read_bytes()
    assert asked(prints, "GET", f"/{TOKEN}/state").json()["inputs"]["photo"]["size"] == "160x120"


@pytest.mark.parametrize(
    "name",
    ["../../x.png", "..\\..\\x.png", "/etc/passwd", "a/b.png", ".hidden.png", "", "-o.png",
     "x" * 300 + ".png", "a\nb.png", "..", "CON\0.png"],
)  # fmt: skip
def test_no_name_leads_elsewhere(prints: Prints, name: str, photo: Path) -> None:
    path = prints.place_for(name)
    assert path.parent.parent == prints.folder / "inputs"
    assert not path.name.startswith(".") and "\n" not in path.name and "\0" not in path.name
    shutil.copy(photo, path)
    assert prints.take("photo", path).size == "160x120"


def test_what_cannot_be_used_is_refused_and_leaves_nothing(
    prints: Prints, monkeypatch: pytest.MonkeyPatch, photo: Path
) -> None:
    for content in (b"", b"no image", photo.read_bytes()[:30]):
        found = asked(prints, "POST", f"/{TOKEN}/upload?role=photo&name=a.png", content=content)
        assert found.status_code == 422 and "a.png" in found.json()["error"]
        assert str(prints.folder) not in found.json()["error"]
    monkeypatch.setattr(studio, "MOST_BYTES", 100)
    found = asked(
        prints, "POST", f"/{TOKEN}/upload?role=photo&name=a.png", content=photo.read_bytes()
    )
    assert found.status_code == 422 and "more than" in found.json()["error"]
    assert asked(prints, "POST", f"/{TOKEN}/upload?role=x", content=b"").status_code == 422
    assert not list((prints.folder / "inputs").iterdir()) and not prints.given


def test_without_token_or_under_another_name_nothing_is_done(prints: Prints) -> None:
    for path in ("/", "/state", "/start", "/wrong/state"):
        assert asked(prints, "GET", path).status_code == 403
        assert asked(prints, "POST", path).status_code == 403
    evil = asked(prints, "POST", f"/{TOKEN}/pause", base="http://evil.example")
    assert evil.status_code == 400


def test_prints_are_shown_and_nothing_else(prints: Prints, finished: Path) -> None:
    shutil.copytree(finished, prints.folder / "mine")
    (prints.folder / "other").mkdir()
    (prints.folder / "other" / "secret.txt").write_text("secret")
    assert prints.names() == ["mine"]
    for path, code in {
        "mine/report/data.js": 200, "mine/report/index.html": 200, "mine/print.jpg": 200,
        "mine/run.json": 404, "mine/prepare/photo.npy": 404, "other/secret.txt": 404,
        "mine/report/../run.json": 404, "mine/report/%2e%2e/run.json": 403, "none/x": 404,
        "%2e%2e/x": 403,
    }.items():  # fmt: skip
        assert asked(prints, "GET", f"/{TOKEN}/prints/{path}").status_code == code, path


def test_one_print_at_a_time(prints: Prints, finished: Path) -> None:
    shutil.copytree(finished, prints.folder / "mine")
    assert prints.working() == ""
    with RunDir.open(prints.folder / "mine").locked():
        assert prints.working() == "mine"
        for call in (lambda: prints.start({}), lambda: prints.plan({}), lambda: prints.resume("x")):
            with pytest.raises(RunLocked, match="a print is being made"):
                call()
        assert asked(prints, "POST", f"/{TOKEN}/start").status_code == 409
        # It is this test's own process that holds it, and no print of ours: left alone.
        with pytest.raises(UsageError, match="no print"):
            prints.pause()


def test_a_print_needs_two_files_and_a_name_that_is_there(prints: Prints) -> None:
    with pytest.raises(UsageError, match="photo and a painting"):
        prints.start({})
    with pytest.raises(UsageError, match="no print 'x'"):
        prints.resume("x")
    with pytest.raises(UsageError, match="no print"):
        prints.pause()
    with pytest.raises(InputImageError):
        prints.take("photo", prints.place_for("none.png"))


def test_no_value_is_taken_for_an_option() -> None:
    found = printing._options({"paper": "--force", "dpi": 300, "fit": "", "other": "x"})
    assert found == ["--paper=--force", "--dpi=300"]


def test_a_form_that_is_none_counts_as_empty(prints: Prints) -> None:
    for body in (b"[]", b"{", b"x" * 100_000):
        found = asked(prints, "POST", f"/{TOKEN}/start", content=body)
        assert found.status_code == 422 and "photo and a painting" in found.json()["error"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_a_print_is_paused_and_goes_on(prints: Prints, printer: Any) -> None:
    slow = printer.resolved(display_iterations="1500")
    (prints.folder / "pipeline.toml").write_text(config.to_toml(slow), encoding="utf-8")
    for role, path in (("photo", printer.photo), ("style", printer.style)):
        shutil.copy(path, place := prints.place_for(path.name))
        prints.take(role, place)  # type: ignore[arg-type]
    name = prints.start({"paper": "2x1.5cm", "dpi": "305"})
    page = prints.folder / name / "report" / "data.js"
    wait_for(page.is_file)
    prints.pause()
    wait_for(lambda: not prints.working())
    state = prints.state()
    assert state["failed"] == "" and not state["prints"][0]["finished"]
    prints.resume(name)
    wait_for(lambda: not prints.working())
    assert prints.state()["prints"] == [{"name": name, "page": True, "finished": True}]


@pytest.fixture
def sigint_ignored() -> Iterator[None]:
    """As where a script begins a studio in its background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.usefixtures("sigint_ignored")
@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_a_print_that_is_paused_at_once_goes_on(prints: Prints, printer: Any, after: float) -> None:
    (prints.folder / "pipeline.toml").write_text(config.to_toml(printer.resolved()), "utf-8")
    for role, path in (("photo", printer.photo), ("style", printer.style)):
        shutil.copy(path, place := prints.place_for(path.name))
        prints.take(role, place)  # type: ignore[arg-type]
    name = prints.start({"paper": "2x1.5cm", "dpi": "305"})
    time.sleep(after)
    prints.pause()
    wait_for(lambda: not prints.working(), 60)
    state = prints.state()
    assert state["failed"] == "" and not state["prints"][0]["finished"]
    assert [own["name"] for own in state["prints"]] == [name]
    prints.resume(name)
    wait_for(lambda: not prints.working())
    assert prints.state()["prints"] == [{"name": name, "page": True, "finished": True}]


def wait_for(what: Any, seconds: float = 240) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.1)
