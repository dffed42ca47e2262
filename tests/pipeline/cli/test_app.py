"""The command line: help, usage errors, and how errors are told."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import pyvips
from cli_runner import Runner, called
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli.app import app, main
from stages.errors import (
    InputImageError,
    Interrupted,
    ResourceError,
    RunDiffers,
    RunLocked,
    RunMissing,
    TilebrushError,
    TilesFailed,
    UsageError,
    WeightsError,
)

ROOT = Path(__file__).parents[3]
COMMANDS = shlex.split(
    "display print compare resume status plan stage verify clean recipes encoders doctor"
)


def test_help_is_fast_and_imports_no_big_library() -> None:
    code = """
        import sys, time
        began = time.perf_counter()
        from pipeline.cli.app import main
        assert main(["--help"]) == 0
        big = {"torch", "numpy", "pyvips", "rich", "pydantic", "cv2", "psutil", "filelock"}
        print(sorted(big & set(sys.modules)), time.perf_counter() - began)
    """
    seconds = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found, _, took = done.stdout.splitlines()[-1].rpartition(" ")
        assert found == "[]"
        seconds.append(float(took))
    assert min(seconds) < 0.5


@pytest.mark.parametrize("command", [["display", "-o", "o.png"], ["print", "--run", "run"]])
def test_an_unusable_input_is_refused_before_torch_is_imported(
    command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "empty.png").touch()
    speckled(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:-200])
    code = f"""
        import sys
        from pipeline.cli.app import main
        for bad in ("empty.png", "cut.png"):
            code = main([{command[0]!r}, bad, "whole.png", *{command[1:]!r}])
            print(code, "torch" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    # The prepare stage of a print decodes what its plan, which needs torch, asks for.
    late = str(command[0] == "print")
    assert done.stdout.split() == ["15", "False", "15", late]


def speckled(path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (80, 96, 3), np.uint8)
    pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").write_to_file(str(path))


def test_every_command_has_help() -> None:
    runner = CliRunner()
    for name in COMMANDS:
        found = runner.invoke(app, [name, "--help"])
        assert found.exit_code == 0 and "Usage:" in found.stdout
    assert all(name in runner.invoke(app, ["--help"]).stdout for name in COMMANDS)


def test_version_and_module(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tilebrush {__version__}\n"
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "bogus"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stderr.startswith("tilebrush: ")


def test_no_command_shows_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage:" in capsys.readouterr().out


USAGE = [
    "bogus",
    "display",
    "display a.jpg",
    "compare a b",
    "compare a b --run d --vary style.scale",
    "compare a b --run d --vary style.scal=1,2",
    "compare a b --run d --encoder bundled --encoders vgg19",
    "compare a b --run d --recipe x --recipes tilebrush",
    "compare a b --run d --weights w.pth --encoders vgg19,vgg16",
    "compare a b --run d --encoders bundled,,vgg19",
    "display a b --bogus",
    "display a b --seed x",
    "display a b --seed -1",
    "display a b --threads -1",
    "display a b --size 0x0",
    "display a b --size 10",
    "display a b -o out.gif",
    "display a b -o none/out.png",
    "display a b -o .",
    "display a b --set",
    "display a b --set tiles.core",
    "display a b --set tiles.cor=512",
    "display a b --config none.toml",
    "display a b --quality best",
    "print a b",
    "print a b --run d --size 1x1",
    "print a b --run d --size 600x400 --paper 4x3cm",
    "print a b --run d --paper B4",
    "print a b --run d --dpi 0",
    "print a b --run d --dpi nan",
    "print a b --run d --fit stretch",
    "print a b --run d --budget soon",
    "print a b --run d --until later",
    "print a b --run d --budget 2h --until 07:30",
    "plan a b --budget 2h --until 2026-12-01T07:30",
    "print a b --run d --only-between 22-7",
    "print a b --run d --only-between 22:00-22:00",
    "print a b --run d --nice 20",
    "display a b --nice -1",
    "resume d --only-between always",
    "resume d --nice x",
    "resume d --budget 2h",
    "plan a b --run d",
    "resume",
    "status d --bogus",
    "stage d",
    "stage d bogus",
    "stage d bogus@1",
    "stage d restyle",
    "stage d restyle@0",
    "stage d restyle@x",
    "stage d prepare@1",
    "stage d restyle@1 --tile 3",
    "stage d restyle@1 --tile -1,2",
    "stage d finish --tile 0,0",
    "stage d restyle@1 --set tiles.core=17",
    "doctor extra",
]


@pytest.mark.parametrize("line", USAGE)
def test_usage_errors(line: str, runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(line) == 2
    said = capsys.readouterr()
    assert said.out == "" and runner.calls == []
    assert said.err.startswith("tilebrush: ") and said.err.count("\n") == 1


def test_usage_errors_in_typers_own_runner() -> None:
    for line in ("bogus", "display", "print a b", "stage d", "status"):
        assert CliRunner().invoke(app, line.split()).exit_code == 2


def test_a_wrong_command_is_answered_with_the_right_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["dispaly"])
    assert "'display'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TilebrushError("x"), 1),
        (UsageError("x"), 2),
        (TilesFailed("x"), 3),
        (RunMissing("x"), 10),
        (RunLocked("x"), 11),
        (WeightsError("x"), 12),
        (ResourceError("x"), 13),
        (RunDiffers("x"), 14),
        (InputImageError("x"), 15),
        (Interrupted(signal.SIGINT), 130),
        (Interrupted(signal.SIGTERM), 143),
        (MemoryError(), 13),
        (RuntimeError("alloc_cpu: not enough memory: you tried to allocate 9 bytes"), 13),
        (OSError(28, "No space left on device", "/x/y"), 13),
        (PermissionError(13, "Permission denied", "/x/y"), 1),
        (ValueError("two\nlines"), 1),
    ],
)
def test_errors_are_one_line_and_a_code(
    error: BaseException, code: int, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.error = error
    assert main(["resume", "d"]) == code
    said = capsys.readouterr()
    assert said.out == "" and "Traceback" not in said.err
    assert said.err.startswith("tilebrush: ") and said.err.count("\n") == 1


def test_errors_are_told_even_when_quiet(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.error = RunMissing("no run")
    assert main(["resume", "d", "--quiet"]) == 10
    assert capsys.readouterr().err == "tilebrush: no run\n"


def test_where_a_bug_is_can_be_seen(
    runner: Runner, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILEBRUSH_DEBUG", "1")
    runner.error = ValueError("odd")
    assert main(["resume", "d"]) == 1
    assert "Traceback" in capsys.readouterr().err
