"""All benchmarks, one after another, each in a process of its own.

python -m benchmarks.run [--out FOLDER] [--only NAME]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

NAMES = (
    "speed", "looks", "texture", "memory", "schedule", "levels", "tiles_vs_whole", "growth",
    "kills", "hashes", "finish", "page",
)  # fmt: skip


def run(name: str, out: Path | None) -> int:
    """One benchmark with its defaults; its exit code."""
    print(f"\n## {name}", flush=True)
    began = time.monotonic()
    # Those that write pictures need a folder.
    arguments = ["--out", str(out or "benchmarks/out")] if out or name == "texture" else []
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False)
    print(f"\n{name} took {time.monotonic() - began:.0f} s", flush=True)
    if done.returncode:
        print(f"{name} failed with exit code {done.returncode}", file=sys.stderr)
    return done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them all; 1 if any of them failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, help="folder for the results as JSON")
    parser.add_argument("--only", choices=NAMES, help="this one alone")
    args = parser.parse_args(arguments)
    codes = [run(name, args.out) for name in ([args.only] if args.only else NAMES)]
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
