"""How far the crops of a proof are from the print that is made afterwards.

tilebrush proof PHOTO STYLE ... -o crops --json > proof.json
tilebrush print PHOTO STYLE ... --run DIR --files png
python -m benchmarks.proofs proof.json DIR/print.png
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages import canvas
from stages.canvas.luminance import luminance

_MOST = 1_000_000_000  # px of a picture that is read


def _read(source: Path, made: Path) -> NDArray[np.float32]:
    canvas.prepare_style(source, made, _MOST)
    return canvas.read(made)


def _structure(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """SSIM of light and dark (Z. Wang et al., 2004), Gaussian windows of 11 px."""
    from skimage.metrics import structural_similarity

    found = structural_similarity(  # type: ignore[no-untyped-call]
        luminance(a),
        luminance(b),
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(found)


def main() -> None:
    """Print a row for each crop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("proof", type=Path)
    parser.add_argument("print", type=Path)
    given = parser.parse_args()
    told = json.loads(given.proof.read_text())
    print("| crop | mean delta E 2000 | of mean colours | SSIM |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = _read(given.print, folder / "print.npy")
        for row in told["crops"]:
            own = _read(given.proof.parent / row["file"], folder / "crop.npy")
            x, y = (int(number) for number in row["at"].split(","))
            same = np.ascontiguousarray(whole[y : y + own.shape[0], x : x + own.shape[1]])
            canvas.write(folder / "same.npy", same)
            apart = canvas.measured(folder / "crop.npy", folder / "same.npy")
            for array, path in ((own, "a.npy"), (same, "b.npy")):
                mean = array.mean(axis=(0, 1), keepdims=True)
                canvas.write(folder / path, np.asarray(mean, np.float32))
            colours = canvas.measured(folder / "a.npy", folder / "b.npy")
            structure = _structure(own, same)
            print(f"| {row['why']} | {apart.delta:.2f} | {colours.delta:.2f} | {structure:.2f} |")


if __name__ == "__main__":
    main()
