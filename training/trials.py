"""Recipes for the bundled encoder tried against each other, all with as many steps.

    python -m training.trials DATA --out FOLDER [--steps 400] [--only NAME]...

Each becomes FOLDER/NAME/NAME.safetensors; those that are there are left alone. `python -m
benchmarks.pairs` and `python -m benchmarks.probe` then compare how they paint and what they know.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

#: What differs from training.train.Recipe. Crops of 128 px come with a smaller batch, as many px.
TRIALS: dict[str, tuple[str, ...]] = {
    "base": (),
    "average-pooling": ("pool=2",),
    "wide-start": ("widths=((32,), (64, 64), (128, 128), (256, 256), (256,))",),
    "narrow-deeper": ("widths=((16, 16), (40, 40), (96, 96, 96), (192, 192, 192), (256,))",),
    "one-more-each": ("widths=((32, 32), (48, 48), (96, 96, 96), (192, 192, 192), (256,))",),
    "wide-and-flat": ("widths=((32,), (96,), (192,), (384,), (384,))",),
    "photographs-only": ("paintings_boost=0",),
    "paintings-more": ("paintings_boost=6",),
    "aside": ("aside=0.5",),
    "alike": ("alike=1",),
    "crops-128": ("size=128", "small=128", "batch=18"),
    "crops-smaller": ("least=0.2",),
}


def run(name: str, source: Path, out: Path, steps: int) -> None:
    """Train and export one, if it is not there."""
    folder, file = out / name, out / name / f"{name}.safetensors"
    if file.exists():
        return
    changes = [part for change in TRIALS[name] for part in ("--set", change)]
    python = [sys.executable, "-m"]
    train = ["training.train", str(source), "--out", str(folder), "--steps", str(steps)]
    subprocess.run([*python, *train, "--every", "100", "--resume", *changes], check=True)
    export = ["training.export", str(folder / "checkpoint.pt"), str(source), str(file)]
    subprocess.run([*python, *export], check=True)


def main() -> None:
    """Train all that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--only", action="append", choices=list(TRIALS))
    args = parser.parse_args()
    for name in args.only or TRIALS:
        print(f"## {name}: {', '.join(TRIALS[name]) or 'the recipe as it is'}", flush=True)
        run(name, args.data, args.out, args.steps)


if __name__ == "__main__":
    main()
