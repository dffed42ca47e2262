"""The command line: options, exit codes, and how errors are told. The runner is a stand-in."""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import numpy as np
import pytest
import pyvips
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli.app import app, main
from pipeline.cli.exits import signals
from pipeline.cli.options.parsing import assignments, parse_stage, parse_tile
from pipeline.commands.stage import Asked
from pipeline.console.console import Console
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


def called(line: str) -> int:
    """The exit code of a command line."""
    return main(shlex.split(line))


@dataclass(frozen=True)
class Done:
    """What the stand-in runner returns."""

    what: str
    problems: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return True


class Runner:
    """Notes how commands were called; gives `result` or raises `error`."""

    COMMANDS = (
        ("display", "display"), ("print", "print_run"), ("print", "resume"), ("plan", "plan_for"),
        ("stage", "rerun"), ("status", "status"), ("verify", "verify"), ("clean", "clean"),
    )  # fmt: skip

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.error: BaseException | None = None
        self.result = Done("done")

    def of(self, real: Callable[..., Any]) -> Any:
        """A stand-in with the real one's signature."""

        def called(*given: Any, **named: Any) -> Done:
            self.calls.append((real.__name__, given, named))
            if self.error is not None:
                raise self.error
            return self.result

        return create_autospec(real, side_effect=called)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Runner:
    stand_in = Runner()
    for module, name in Runner.COMMANDS:
        commands = importlib.import_module(f"pipeline.commands.{module}")
        monkeypatch.setattr(commands, name, stand_in.of(getattr(commands, name)))
    monkeypatch.chdir(tmp_path)
    return stand_in


# ---- help


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


# ---- usage errors

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


# ---- errors and exit codes


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


# ---- what reaches the runner


def test_display(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("display p.jpg s.jpg t.jpg -o o.png --size 300x200 --seed 7") == 0
    [(name, (photo, styles, out, settings, console), _)] = runner.calls
    assert name == "display" and photo == Path("p.jpg") and out == Path("o.png")
    assert styles == [Path("s.jpg"), Path("t.jpg")]
    assert (settings.display.size, settings.run.seed) == ("300x200", 7)
    assert not console.quiet and capsys.readouterr().out == "what  done\n"


def test_display_never_writes_over_what_is_there_by_itself(
    runner: Runner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "in" / "photo.jpg"
    assert main(["display", str(photo), "star.jpg"]) == 0
    assert runner.calls[0][1][2] == Path("photo_star.png")
    Path("photo_star.png").touch()
    assert main(["display", str(photo), "star.jpg"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["display", str(photo), "star.jpg", "--force"]) == 0


def test_names_of_museums_are_cut_to_fit(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    painting = "Katsushika Hokusai, Thirty-six Views of Mount Fuji, " * 4
    assert main(["display", "p" * 200 + ".jpg", painting + ".jpg"]) == 0
    out = runner.calls[0][1][2]
    assert out.name.startswith("p" * 200) and out.suffix == ".png"
    out.touch()
    assert main(["display", "p" * 200 + ".jpg", painting + ".jpg"]) == 2
    capsys.readouterr()
    assert main(["display", "p.jpg", "s.jpg", "-o", "n" * 252 + ".png"]) == 2
    assert "256 bytes" in capsys.readouterr().err


def test_display_never_writes_over_its_input(runner: Runner) -> None:
    Path("photo.png").touch()
    assert called("display photo.png star.jpg -o ./photo.png --force") == 2
    assert called("display star.jpg photo.png -o photo.png --force") == 2
    assert runner.calls == []


def test_print(runner: Runner) -> None:
    line = "print p s --run d --paper 40x30cm --dpi 300 --fit cover --budget 36h --quality draft"
    assert main([*line.split(), "--threads", "2", "--force", "--encoder", "vgg19"]) == 0
    [(name, (photo, styles, run, settings, _, force, cluster, until), _)] = runner.calls
    assert (name, photo, styles, run) == ("print_run", Path("p"), [Path("s")], Path("d"))
    assert force is True and cluster is None and until is None
    assert (settings.print.paper, settings.print.dpi) == ("40x30cm", 300)
    assert (settings.print.fit, settings.run.budget) == ("cover", "36h")
    assert (settings.quality, settings.run.threads) == ("draft", 2)
    assert settings.encoder.name == "vgg19"


def test_weights_and_memory(runner: Runner) -> None:
    line = "print p s --run d --memory 2GB --style-weight 2 --content-weight 0.5"
    assert called(line) == 0
    [(_, (_, _, _, settings, *_), _)] = runner.calls
    assert settings.run.memory == "2GB"
    assert (settings.style.weight, settings.style.content_weight) == (2.0, 0.5)


def test_a_budget_or_a_time(runner: Runner) -> None:
    Path("pipeline.toml").write_text('[run]\nbudget = "36h"\nonly_between = "22:00-07:00"\n')
    assert called("print p s --run d --until 07:30 --only-between 20:00-08:00 --nice 7") == 0
    Path("pipeline.toml").write_text('[run]\nuntil = "07:30"\n')
    assert called("plan p s --budget 2h") == 0
    night, day = (call[1][3 if call[0] == "print_run" else 2].run for call in runner.calls)
    assert (night.budget, night.until, night.only_between) == ("", "07:30", "20:00-08:00")
    assert night.nice == 7
    assert (day.budget, day.until, day.only_between) == ("2h", "", "")


def test_resuming_with_other_habits(runner: Runner) -> None:
    assert called("resume d --only-between 22:00-07:00 --nice 3") == 0
    assert called('resume d --only-between ""') == 0
    (_, first, _), (_, second, _) = runner.calls
    assert first[2] == {"run.nice": 3, "run.only_between": "22:00-07:00"}
    assert second[2] == {"run.only_between": ""}


@pytest.mark.parametrize("command", ["print", "plan", "display"])
def test_the_presets_are_explained(command: str) -> None:
    said = " ".join(CliRunner().invoke(app, [command, "--help"]).output.split())
    assert "--quality" in said and "--nice" in said
    for name in ("draft", "standard", "fine"):
        assert name in said


def test_options_go_before_the_file_and_set_before_all(runner: Runner) -> None:
    Path("pipeline.toml").write_text('[print]\npaper = "4x3cm"\n[run]\nseed = 1\n')
    line = "plan p s --size 600x400 --seed 2 --set run.seed=3 --set tiles.core=256 --no-probe"
    assert called(line) == 0
    [(name, (_, _, settings, _, probe, *_), _)] = runner.calls
    assert name == "plan_for" and probe is False
    assert (settings.print.paper, settings.print.size) == ("", "600x400")
    assert (settings.run.seed, settings.tiles.core) == (3, 256)


def test_a_named_file(runner: Runner) -> None:
    Path("other.toml").write_text("[tiles]\ncore = 128\n")
    assert called("print p s --run d --config other.toml") == 0
    assert runner.calls[0][1][3].tiles.core == 128


def test_stage(runner: Runner) -> None:
    line = "stage d restyle@2 --tile 0,3 --set style.weight=2 --into e"
    assert called(line) == 0
    [(name, given, _)] = runner.calls
    assert name == "rerun"
    assert given[:-1] == (
        Path("d"), Asked("restyle", 2, (0, 3)), {"style.weight": "2"}, Path("e")
    )  # fmt: skip


def test_looking_after_runs(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("resume", "status", "verify", "clean"):
        assert main([command, "d", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"what": "done", "problems": []}
    assert [(name, given[0]) for name, given, _ in runner.calls] == [
        (name, Path("d")) for name in ("resume", "status", "verify", "clean")
    ]


def test_verify_fails_on_damage(runner: Runner) -> None:
    runner.result = Done("checked", ("canvas.npy",))
    assert main(["verify", "d"]) == 1


def test_watching_ends_when_the_run_does_and_when_told(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "d", "--watch"]) == 0
    runner.error = Interrupted(signal.SIGINT)
    capsys.readouterr()
    assert main(["status", "d", "--watch"]) == 130
    assert capsys.readouterr().err == ""


def test_encoders_and_doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Done("bundled")
    known = SimpleNamespace(describe=lambda: [row])
    nst = SimpleNamespace(encoders=known)
    monkeypatch.setitem(sys.modules, "stages.nst", nst)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "stages.nst.encoders", known)  # type: ignore[arg-type]
    assert main(["encoders"]) == 0
    assert "bundled" in capsys.readouterr().out
    monkeypatch.setattr("pipeline.commands.doctor.probes", dict)
    assert main(["doctor", "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["tilebrush"] == __version__


def test_reading_stages_tiles_and_assignments() -> None:
    assert parse_stage("restyle@12") == ("restyle", 12)
    assert parse_stage("finish") == ("finish", None)
    assert parse_tile("0, 3") == (0, 3)
    assert assignments(["a=1", "b=x=y", "a=2"]) == {"a": "2", "b": "x=y"}


# ---- signals


WAITING = """
    import sys, time
    import pipeline.commands
    from types import SimpleNamespace
    def resume(run, console, *more):
        try:
            print("working", flush=True)
            time.sleep(30)
        finally:
            if str(run) == "slow":
                time.sleep(30)
    stand_in = SimpleNamespace(resume=resume)
    sys.modules["pipeline.commands.print"] = pipeline.commands.print = stand_in
    from pipeline.cli.app import main
    sys.exit(main(["resume", sys.argv[1]]))
"""


def waiting(name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WAITING), name],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "working\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_with_their_code_and_a_line(number: signal.Signals) -> None:
    process = waiting("d")
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert said == "tilebrush: interrupted; what was finished is saved\n"


def test_a_second_signal_ends_at_once() -> None:
    process = waiting("slow")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT


def test_nohup_is_respected(runner: Runner) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_in_a_destructor_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Struck:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    forgotten: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", forgotten.append)
    with pytest.raises(Interrupted) as caught, signals():
        Struck()
        time.sleep(5)
    assert caught.value.exit_code == 143
    assert forgotten == []
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    Console(stream=Gone()).message("a line")
    Console(stream=Gone()).error("a line")


def test_handlers_are_put_back(runner: Runner) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    main(["resume", "d"])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_reader_that_leaves_is_no_crash() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 1 and done.stderr == ""


def test_what_fails_after_a_signal_counts_as_interrupted() -> None:
    with pytest.raises(Interrupted) as caught, signals():
        try:
            signal.raise_signal(signal.SIGTERM)
        except Interrupted as error:  # as a library may do that a signal strikes in
            raise SystemError("returned a result with an exception set") from error
    assert caught.value.exit_code == 143


def test_what_fails_without_a_signal_stays_what_it_is() -> None:
    with pytest.raises(SystemError), signals():
        raise SystemError("something else")


def test_a_signal_in_a_call_from_libvips_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As C does it: the handler runs at the first step of the next call into Python."""
    import numpy as np

    from stages import canvas
    from stages.canvas import _vips

    canvas.write(tmp_path / "canvas.npy", np.random.default_rng(0).random((300, 40, 3), np.float32))
    image = canvas.files.as_vips(tmp_path / "canvas.npy")
    forgotten: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", forgotten.append)
    for name in ("_marshal_write", "call", "<lambda>"):
        struck = struck_at(name)
        with pytest.raises(Interrupted), signals(), (tmp_path / "out").open("w+b") as file:
            sys.setprofile(struck)
            try:
                _vips.into(file, image.rawsave_target)
            finally:
                sys.setprofile(None)
            time.sleep(5)
    assert forgotten == []


def struck_at(name: str) -> Any:
    """Raises SIGTERM once, when a function of that name is called."""
    left = [name]

    def called(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name in left:
            left.clear()
            signal.raise_signal(signal.SIGTERM)

    return called
