"""Peak memory of restyling one window, and of a small print, against what `tilebrush plan` says.

    python -m benchmarks.memory [--encoders bundled,vgg19] [--windows 448,704,960] [--out FOLDER]

Every number is the peak of a fresh process. Encoders other than the bundled one have random
weights. Windows whose estimate does not fit into the free memory are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import (
    INPUTS,
    encoder,
    print_table,
    result_of,
    save_json,
    settings_arguments,
)
from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.host import resources as machine
from pipeline.planning import estimate
from pipeline.planning import levels as plan
from pipeline.planning.resolve import peak_memory
from stages.tiles import Size

ITERATIONS = 12  # L-BFGS's history of 10 is full after 11
PRINT = {
    "print.size": "1200x900",
    "display.iterations": str(ITERATIONS),
    "levels.iterations": str(ITERATIONS),
    "paint.iterations": str(ITERATIONS),
    "levels.sweeps": "1",
    "run.precision": "float32",
}


@dataclass(frozen=True)
class Row:
    """Megabytes (10^6 bytes) measured and estimated."""

    what: str
    precision: str
    window: str
    measured_mb: float
    estimated_mb: float
    measured_over_estimated: float


def _row(what: str, precision: str, window: str, measured: int, estimated: int) -> Row:
    return Row(what, precision, window, measured / 1e6, estimated / 1e6, measured / estimated)


def settings_for(name: str, window: int) -> Settings:
    """Settings of a picture that is restyled as one window of `window` px square."""
    size = f"{window}x{window}"
    changes = {"encoder.name": name, "display.size": size, "print.size": size, "print.fit": "cover"}
    return config.override(Settings(), changes)


def restyle_once(name: str, size: Size, precision: str, iterations: int) -> int:
    """Restyle a window of random pixels in this process; its peak memory in bytes."""
    from stages import measure
    from stages.computing import Precision
    from stages.nst.studio import Studio

    measure.probe(Studio(encoder(name), Precision(precision)), size, iterations)
    return peak_memory()


def measured(name: str, size: Size, precision: str, iterations: int) -> int:
    """The same in a fresh process."""
    task = f"{name},{size.width},{size.height},{precision},{iterations}"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", "--one", task],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"restyling {task} gave {done.returncode}: {done.stderr[-2000:]}")
    return int(json.loads(done.stdout))


def of_windows(
    names: Sequence[str], windows: Sequence[int], precision: str, iterations: int = ITERATIONS
) -> list[Row]:
    """Every encoder with every window that fits."""
    rows = []
    for name in names:
        for window in windows:
            settings = settings_for(name, window)
            planned = plan.make(settings)
            size = planned.largest_window
            # The window matches its own moments: no painting is held beside it.
            estimated = estimate.peak_memory(settings, planned, style_pixels=0)
            if estimated > machine.memory().available:
                print(f"{name}, {size}: needs {estimated / 1e9:.1f} GB, left out", file=sys.stderr)
                continue
            peak = measured(name, size, precision, iterations)
            rows.append(_row(name, precision, str(size), peak, estimated))
    return rows


def of_print(changes: dict[str, str]) -> Row:
    """A whole small print by the command line, and its plan."""
    arguments = [*INPUTS, *settings_arguments(changes)]
    planned = result_of("plan", *arguments, "--no-probe")
    window = max((level["window"] for level in planned["levels"]), key=_pixels)
    with tempfile.TemporaryDirectory() as folder:
        made = result_of("print", *arguments, "--run", str(Path(folder) / "run"))
    what = f"print of {made['size']}"
    precision = str(planned["precision"])
    return _row(what, precision, window, made["peak_memory_bytes"], planned["peak_memory_bytes"])


def _pixels(size: str) -> int:
    return config.parse_size(size).pixels


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--encoders", default="bundled,vgg19")
    parser.add_argument("--windows", default="448,704,960", help="px")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--out", type=Path, help="folder for the result as JSON")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.one:
        name, width, height, precision, iterations = args.one.split(",")
        print(restyle_once(name, Size(int(width), int(height)), precision, int(iterations)))
        return 0
    windows = [int(window) for window in args.windows.split(",")]
    rows = of_windows(args.encoders.split(","), windows, args.precision)
    rows.append(of_print(PRINT))
    print_table("Peak memory", rows)
    save_json(args.out, "memory", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
