"""The pages say what the code does: settings, commands, exit codes, links."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest
import typer

from pipeline.cli import app as cli
from pipeline.config import load as config
from pipeline.engine import table
from stages import errors

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/*.md")])
COMMANDS: dict[str, typer.core.TyperCommand] = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
# Folders that only one machine has.
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:home|root|Users|work|mnt|media|tmp/\w+)/[\w.-]")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_settings_page_is_generated() -> None:
    generated = runpy.run_path(str(ROOT / "docs" / "generate.py"))["settings_page"]()
    assert text("docs/settings.md") == generated, "run python docs/generate.py"


def test_pipeline_toml_is_generated() -> None:
    generated = config.to_toml(config.Settings())
    assert text("pipeline.toml") == generated, "run python docs/generate.py"


def test_the_tables_of_the_architecture_are_generated() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert text("docs/architecture.md") == made["architecture_page"](), (
        "run python docs/generate.py"
    )


def test_every_folder_with_modules_is_a_room() -> None:
    page = text("docs/architecture.md")
    for package in ("pipeline", "stages", "training", "benchmarks"):
        folders = {path.parent for path in (ROOT / package).glob("**/*.py")} - {ROOT / "pipeline"}
        for folder in folders:
            assert f"<!-- begin {folder.relative_to(ROOT).as_posix()} -->" in page


def test_every_output_and_all_that_it_is_made_from_is_shown() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    lines = made["outputs_table"]().splitlines()[2:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [
        output.name for output in table.TABLE
    ]
    tile = next(line for line in lines if line.startswith("| tile |")).split(" | ")
    assert {"enlarged canvas", "sweep canvas", "moments"} <= set(tile[3].split(", "))


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_named(command: str, page: str) -> None:
    assert f"tilebrush {command}" in text(page)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_described(command: str) -> None:
    page = text("docs/commands.md")
    options = {
        name
        for parameter in COMMANDS[command].params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    }
    assert not [name for name in sorted(options) if f"`{name}" not in page]


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
def test_every_exit_code_is_described(page: str) -> None:
    kinds = errors.TilebrushError.__subclasses__()
    codes = {0, 1, 129, 130, 143} | {kind.exit_code for kind in kinds}
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", text(page), re.MULTILINE)}
    assert told == codes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [link.split("#")[0] for link in links if not re.match(r"[a-z]+:", link)]
    assert not [link for link in local if link and not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_figure_is_left_open(page: Path) -> None:
    assert not re.findall(r"@FIGURE:\w+@", page.read_text(encoding="utf-8"))


def test_no_path_of_one_machine_is_written_down() -> None:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # an image or weights
            continue
        found += [f"{name}:{i}: {x}" for i, x in enumerate(lines, 1) if MACHINE_PATH.search(x)]
    assert not found
