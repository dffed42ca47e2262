"""The trial of keys in its smallest form, on places whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from painting import painting, soft

from benchmarks import keying
from benchmarks.common import encoder
from stages import canvas
from stages.tiles import Size

PIXELS = keying.Way("pixels", (), pixels=1.0)
DEEP = keying.Way("relu5_1", (("relu5_1", 1.0),))


@pytest.fixture(scope="module")
def shown() -> keying.Shown:
    return keying.Shown(encoder("bundled"), painting(128, 96))


def test_every_key_finds_itself(shown: keying.Shown) -> None:
    for way in keying.WAYS[3:8]:
        own = keying.keyed(way, shown, shown)
        assert torch.equal(keying.nearest(own, own), torch.arange(len(own)))


def test_a_layer_counts_by_its_weight_whatever_its_size(shown: keying.Shown) -> None:
    for scaled in ("raw", "spread", "white"):
        for name in ("relu1_1", "relu4_1"):
            own = keying.keyed(keying.Way("", ((name, 4.0),), scaled), shown, shown)
            assert float(own.square().sum(1).mean()) == pytest.approx(4.0, rel=0.3)


def test_places_of_its_own_lay_the_painting_again(shown: keying.Shown) -> None:
    rows, columns = np.mgrid[: shown.rows : 2, : shown.columns : 2]
    found = keying.laid(shown.image, shown.image, (rows, columns))
    np.testing.assert_allclose(found[8:-8, 8:-8], shown.image[8:-8, 8:-8], atol=1e-6)


def test_pixels_tell_places_apart_that_a_deep_layer_takes_for_one(shown: keying.Shown) -> None:
    worn = keying.Shown(encoder("bundled"), soft(shown.image, 1.0))
    pixels, deep = (keying.measured(way, shown, shown, worn) for way in (PIXELS, DEEP))
    assert pixels.found_again > 90 > deep.found_again
    assert pixels.alike_4 > 0.9 and pixels.together > 90


def test_the_command_measures_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keying, "SIZE", Size(128, 96))
    monkeypatch.setattr(keying, "WAYS", (PIXELS, DEEP))
    for name, seed in (("image", 1), ("style", 0)):
        canvas.preview(painting(128, 96, seed), tmp_path / f"{name}.png")
    pair = ["--pair", *(str(tmp_path / f"{name}.png") for name in ("image", "style"))]
    assert keying.main([*pair, *pair, "--out", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "keying.json").read_text())["rows"]
    assert [row["keys"] for row in rows] == ["pixels", "relu5_1"]
    assert rows[0]["colour"] < rows[1]["colour"]
    assert "2 pairs" in capsys.readouterr().out
