"""With --json standard output is one JSON document, or nothing where a command is refused."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.cli.app import main
from stages.nst import encoders

ROOT = Path(__file__).parents[3]


@pytest.fixture
def call(
    printer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command line; gives exit code, standard output and standard error.

    PHOTO and STYLE stand for the inputs, SETTINGS for those of a tiny print.
    """
    monkeypatch.chdir(tmp_path)

    def called(line: str) -> tuple[int, str, str]:
        words = {
            "PHOTO": [str(printer.photo)],
            "STYLE": [str(printer.style)],
            "SETTINGS": printer.options(),
        }
        given = [part for word in shlex.split(line) for part in words.get(word, [word])]
        capfd.readouterr()
        code = main([*given, "--json"])
        said = capfd.readouterr()
        return code, said.out, said.err

    return called


@pytest.mark.parametrize("quiet", ["", "--quiet"])
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("display PHOTO STYLE -o out.png SETTINGS", "output"),
        ("plan PHOTO STYLE SETTINGS --no-probe", "size"),
        ("plan PHOTO STYLE SETTINGS --budget 1h", "size"),
        ("print PHOTO STYLE --run run SETTINGS", "tiff"),
        ("compare PHOTO STYLE --run compared SETTINGS", "page"),
        ("compare PHOTO STYLE --plan SETTINGS", "pictures"),
        ("resume run", "tiff"),
        ("status run", "state"),
        ("status run --watch", "state"),
        ("verify run", "problems"),
        ("stage run finish --into made", "files"),
        ("clean run", "run"),
    ],
)
def test_a_result_is_one_object(call: Any, copied: Path, line: str, key: str, quiet: str) -> None:
    code, out, err = call(f"{line} {quiet}")
    found = json.loads(out)
    assert code == 0 and key in found, found
    assert not quiet or err == ""


def test_encoders_are_a_list_and_doctor_an_object(call: Any) -> None:
    assert [row["name"] for row in json.loads(call("encoders")[1])] == list(encoders.ARCHITECTURES)
    code, out, _ = call("doctor")
    assert code == bool(json.loads(out)["problems"])


def test_a_new_print_is_one_object(call: Any) -> None:
    """First use: nothing but the result, however much is said on the way."""
    code, out, err = call("print PHOTO STYLE --run new SETTINGS")
    assert code == 0 and json.loads(out)["tiles_computed"] > 0
    assert "restyle@1" in err


def test_damage_is_an_object_too(call: Any, copied: Path) -> None:
    (copied / "print.tif").write_bytes(b"x")
    code, out, _ = call("verify run")
    assert code == 1 and json.loads(out)["problems"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("bogus", 2),
        ("display", 2),
        ("display PHOTO STYLE -o out.gif", 2),
        ("display none.jpg STYLE -o out.png", 15),
        ("display PHOTO STYLE -o out.png --encoder none.safetensors", 12),
        ("print PHOTO STYLE --run run SETTINGS --seed 9", 14),
        ("plan none.jpg STYLE", 15),
        ("resume none", 10),
        ("status none", 10),
        ("verify none", 10),
        ("clean none", 10),
        ("stage run restyle", 2),
    ],
)
def test_what_is_refused_writes_nothing(call: Any, copied: Path, line: str, code: int) -> None:
    found, out, err = call(line)
    assert (found, out) == (code, "")
    assert err.splitlines()[-1].startswith("tilebrush: ")


@pytest.mark.parametrize("quiet", ["", "--quiet"])
@pytest.mark.parametrize(
    "line",
    ["display PHOTO STYLE -o out.png", "print PHOTO STYLE --run new --size 600x450"],
)
def test_a_download_is_told_as_a_message(
    call: Any, monkeypatch: pytest.MonkeyPatch, line: str, quiet: str
) -> None:
    """It went to standard output, also with --quiet."""
    drawn: list[bool] = []

    def offline(url: str, target: str, hash_prefix: str, progress: bool) -> None:
        drawn.append(progress)
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    monkeypatch.setattr(encoders, "_torchvision_url", lambda name: f"https://x/{name}-01234567.pth")
    code, out, err = call(f"{line} --encoder vgg19 --threads 1 {quiet}")
    assert (code, out, drawn) == (12, "", [False])
    assert ("fetching the weights of vgg19" in err) == (not quiet)
    assert not quiet or err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_an_interrupted_print_writes_nothing(printer: Any, tmp_path: Path) -> None:
    command = ["print", printer.photo, printer.style, "--run", tmp_path / "run", "--json"]
    slow = [*printer.options(), "--set", "display.iterations=100000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *command, *slow],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "display" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "tilebrush: interrupted; what was finished is saved"
