"""The encoder in the package, through the command line: a photo becomes a picture of the style."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.cli.app import main
from stages import canvas
from stages.nst import encoders, losses
from stages.nst.studio import Studio
from stages.tiles import Rect, Size

SIZE = Size(160, 120)


@pytest.fixture(scope="module")
def bundled() -> Studio:
    return Studio(encoders.load("bundled", note=print))


def pixels(path: Path, folder: Path) -> NDArray[np.float32]:
    canvas.prepare_photo(path, folder / "pixels.npy", SIZE)
    return canvas.read(folder / "pixels.npy")


def test_display_brings_the_photo_nearer_to_the_painting(
    bundled: Studio,
    photo: Path,
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out.png"
    command = ["display", photo, style, "-o", out, "--size", SIZE, "--threads", "1", "--json"]
    command += ["--set", "display.start=1", "--set", "display.iterations=25"]
    command += ["--set", "run.precision=float32"]
    assert main([str(part) for part in command]) == 0
    shown = capsys.readouterr()
    result = json.loads(shown.out)
    assert (result["encoder"], result["size"], result["iterations"]) == ("bundled", "160x120", 35)

    before, after, goal = (pixels(path, tmp_path) for path in (photo, out, style))
    assert after.shape == (120, 160, 3)
    assert np.abs(after - before).mean() > 0.02
    everything = Rect(0, 0, SIZE.width, SIZE.height)
    painting = bundled.measure(goal, everything)

    def far(image: NDArray[np.float32]) -> float:
        found = bundled.measure(image, everything)
        return float(losses.style_loss(found, painting, painting, bundled.style_weights))

    assert far(after) < 0.9 * far(before)
    # The picture is still of the photo: its light and dark lie where they lay.
    one, other = (canvas.resized(image, Size(16, 12)).mean(-1).ravel() for image in (before, after))
    assert np.corrcoef(one, other)[0, 1] > 0.5


def test_learned_features_tell_a_painting_from_its_pixels_shuffled(
    bundled: Studio, style_array: NDArray[np.float32]
) -> None:
    """The colours are the same, the strokes are gone: deep layers see it more than the first."""
    flat = style_array.reshape(-1, 3)
    shuffled = np.random.default_rng(0).permutation(flat).reshape(style_array.shape)
    region = Rect(0, 0, 200, 150)
    found, painting = (bundled.measure(image, region) for image in (shuffled, style_array))
    upright = bundled.measure(np.ascontiguousarray(style_array[:, ::-1]), region)

    def far(moments: object, layer: str) -> float:
        return float(losses.style_loss(moments, painting, painting, {layer: 1.0}))  # type: ignore[arg-type]

    for layer in ("relu2_1", "relu3_1", "relu4_1", "relu5_1"):
        assert far(found, layer) > 0.1
        assert far(found, layer) > far(upright, layer)
