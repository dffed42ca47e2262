"""Print files of a canvas of 27 megapixels: seconds and peak memory of writing each, alone.

python -m benchmarks.finish [--size 6000x4500] [--out FOLDER]

The canvas is made up: broad tones, strokes and grain, so that it compresses as a print does. Every
row is a process of its own. `defaults` are the TIFF and the JPEG, as `tilebrush print` leaves them.
Processor time says what the files cost on a machine that others use, too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import print_table, save_json
from pipeline.config import units
from stages import canvas, finish
from stages.tiles import Size

WAYS: dict[str, tuple[tuple[finish.Kind, ...], str]] = {
    "defaults": (("tiff", "jpeg"), "srgb"),
    "TIFF": (("tiff",), "srgb"),
    "JPEG": (("jpeg",), "srgb"),
    "PNG": (("png",), "srgb"),
    "archive": (("archive",), "srgb"),
    "defaults, Adobe RGB": (("tiff", "jpeg"), "adobe-rgb"),
    "all, Display P3": (("tiff", "jpeg", "png", "archive"), "p3"),
}


@dataclass(frozen=True)
class Row:
    """What writing some files took."""

    files: str
    seconds: float
    processor_seconds: float
    peak_mb: float
    written_mb: float


def made_up(path: Path, size: Size) -> None:
    """Write a canvas with broad tones, strokes of some px, and grain."""
    generator = np.random.default_rng(0)
    broad = generator.random((9, 12, 3), np.float32)
    marks = generator.random((size.height // 8 + 2, size.width // 8 + 2, 3), np.float32)

    def bands() -> Iterator[NDArray[np.float32]]:
        whole = cv2.resize(
            broad, (size.width // 8, size.height // 8), interpolation=cv2.INTER_CUBIC
        )
        for top in range(0, size.height, 500):
            rows = min(500, size.height - top)
            part = (slice(top // 8, top // 8 + rows // 8 + 1), slice(None))
            tones = cv2.resize(whole[part], (size.width, rows))
            strokes = cv2.resize(marks[part], (size.width, rows), interpolation=cv2.INTER_CUBIC)
            grain = generator.random((rows, size.width, 3), np.float32)
            yield np.clip(0.7 * tones + 0.25 * strokes + 0.05 * grain, 0, 1)

    canvas.write_bands(path, size, bands())


def write(source: Path, folder: Path, way: str) -> Row:
    """Write the files of one way in this process."""
    kinds, profile = WAYS[way]
    said = finish.Metadata(title="Made up", artist="Nobody", copyright="none", tool="benchmark")
    form = finish.PrintFormat(profile=profile, compression="lzw", said=said)
    suffixes = {"tiff": "tif", "jpeg": "jpg", "png": "png", "archive": "archive.tif"}
    began, used, written = time.monotonic(), time.process_time(), 0
    for kind in kinds:
        out = folder / f"print.{suffixes[kind]}"
        finish.run(source, out, kind, form, lambda share: None)
        written += out.stat().st_size
    return Row(
        files=way,
        seconds=round(time.monotonic() - began, 2),
        processor_seconds=round(time.process_time() - used, 2),
        peak_mb=round(_peak() / 1e6),
        written_mb=round(written / 1e6, 1),
    )


def _peak() -> int:
    """The most memory this process has used, in bytes; a fork's parent does not count."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="6000x4500")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--way", help="in this process: one way, with --in a folder")
    parser.add_argument("--in", dest="folder", type=Path)
    options = parser.parse_args()
    if options.way:
        row = write(options.folder / "canvas.npy", options.folder, options.way)
        print(json.dumps(row.__dict__))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_up(folder / "canvas.npy", units.parse_size(options.size))
        given = [sys.executable, "-m", "benchmarks.finish", "--in", name, "--way"]
        rows = [
            Row(**json.loads(subprocess.check_output([*given, way], env=os.environ)))
            for way in WAYS
        ]
    print_table(f"Print files of {options.size}", rows)
    save_json(options.out, "finish", rows)


if __name__ == "__main__":
    main()
