"""Do two versions give the same bytes? SHA-256 of the sample's display picture and of a print.

    python -m benchmarks.hashes [--size 1600x1200] [--quality draft] [--checkout FOLDER]
        [--precision float32] [--threads 2] [--out FOLDER]

Precision, threads and memory are fixed, so that on one machine, with the same torch and libvips,
only the code decides. `--checkout` runs another version of Tilebrush from its folder, with this
environment's packages. Of every file its bytes are hashed, and its pixels as they are decoded: a
header that has changed leaves the second the same. Canvases are float32, before any rounding.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyvips

from benchmarks.common import INPUTS, command, print_table, save_json, settings_arguments

HERE = Path(__file__).parent.parent
FILES = ("display.png", "run/display/canvas.npy", "run/print.tif", "run/print.jpg")


@dataclass(frozen=True)
class Row:
    """One file; `pixels` is of the picture that is in it."""

    file: str
    sha256: str
    pixels: str


def made(checkout: Path, folder: Path, settings: dict[str, str]) -> None:
    """Both pictures by the command line of a checkout, into `folder`.

    Raises:
        RuntimeError: a command failed; with what it said.
    """
    given = [*INPUTS, "--quiet", *settings_arguments(settings)]
    for arguments in (
        ["display", *given, "-o", str(folder / "display.png")],
        ["print", *given, "--run", str(folder / "run")],
    ):
        done = subprocess.run(
            command(*arguments),
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": str(checkout)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"tilebrush {arguments[0]} gave {done.returncode}: {done.stderr}")


def hashed(path: Path) -> Row:
    """The hashes of a file and of its pixels."""
    own = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.suffix == ".npy":
        return Row(path.name, own, "")
    image = pyvips.Image.new_from_file(str(path))
    return Row(path.name, own, hashlib.sha256(image.write_to_memory()).hexdigest())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", default="1600x1200", help="of the print")
    parser.add_argument("--quality", default="draft")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--threads", default="2")
    parser.add_argument("--checkout", type=Path, default=HERE, help="another version's folder")
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    args = parser.parse_args(arguments)
    settings = {
        "print.size": args.size,
        "quality": args.quality,
        "run.precision": args.precision,
        "run.threads": args.threads,
        "run.device": "cpu",
        "run.memory": "2GB",
    }
    with tempfile.TemporaryDirectory() as folder:
        made(args.checkout.resolve(), Path(folder), settings)
        rows = [hashed(Path(folder) / name) for name in FILES]
    print_table(f"{args.size}, {args.quality}, {args.precision}, {args.threads} threads", rows)
    save_json(args.out, "hashes", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
