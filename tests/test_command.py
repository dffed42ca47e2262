"""The installed command finds its own packages, whatever else has their names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pipeline import __version__

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """What an installer makes of the entry point."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"]["tilebrush"].partition(":")
    path = tmp_path / "bin" / "tilebrush"
    path.parent.mkdir()
    path.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return path


def ran(command: list[str], folder: Path, *search: Path | str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, search))}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True
    )


def shadow(folder: Path, kind: str) -> Path:
    folder.mkdir()
    for name in ("pipeline", "stages"):
        if kind == "module":
            (folder / f"{name}.py").write_text("raise SystemExit('the wrong one')")
        else:
            (folder / name).mkdir()
            (folder / name / "__init__.py").touch()
    return folder


@pytest.mark.parametrize("kind", ["module", "package"])
@pytest.mark.parametrize("where", ["PYTHONPATH", "current folder"])
def test_others_of_the_same_name_do_no_harm(
    script: Path, tmp_path: Path, kind: str, where: str
) -> None:
    other = shadow(tmp_path / "other", kind)
    # An empty entry is the current folder.
    search = ("", ROOT) if where == "current folder" else (other, ROOT)
    for command in (["--version"], ["display", "none.jpg", "none.jpg", "-o", "out.png"]):
        done = ran([str(script), *command], other, *search)
        assert "Traceback" not in done.stderr and "wrong" not in done.stderr
        assert done.returncode == (0 if command == ["--version"] else 15)
        assert done.stdout == (f"tilebrush {__version__}\n" if done.returncode == 0 else "")


@pytest.mark.parametrize("kind", ["module", "package"])
def test_as_a_module_it_takes_its_own_stages(tmp_path: Path, kind: str) -> None:
    other = shadow(tmp_path / "other", kind)
    (other / "pipeline.py").unlink(missing_ok=True)
    shutil.rmtree(other / "pipeline", ignore_errors=True)
    done = ran(["-m", "pipeline", "--version"], other, ROOT)
    assert (done.returncode, done.stdout) == (0, f"tilebrush {__version__}\n")


def test_a_package_that_is_missing_is_told_in_a_line(script: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(ROOT / "tilebrush_command.py", alone)
    done = ran([str(script), "--version"], tmp_path, alone)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "install tilebrush again" in done.stderr
