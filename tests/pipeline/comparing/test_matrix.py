"""The axes of a comparison and the cells that they span."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.comparing import matrix
from pipeline.comparing.matrix import Axes
from pipeline.config.load import Settings
from stages.errors import UsageError

PATHS = (Path("a.jpg"),)


def variants(**axes: object) -> list[matrix.Variant]:
    return matrix.variants(Axes(PATHS, PATHS, **axes), {"": Settings()})  # type: ignore[arg-type]


def test_values_are_told_apart_by_commas_and_lists_by_slashes() -> None:
    assert matrix.varied(["style.scale=0.5, 1,2"]) == (("style.scale", ("0.5", "1", "2")),)
    found = matrix.varied(["display.iterations=60,40/120,80,40"])
    assert found == (("display.iterations", ("60,40", "120,80,40")),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("style.scale", "KEY=VALUE"),
        ("style.scale=", "KEY=VALUE"),
        ("style.scal=1,2", "did you mean 'style.scale'"),
        ("style.scale=1,,2", "empty"),
        ("style.scale=1,1", "twice"),
    ],
)
def test_what_cannot_be_varied_is_told(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        matrix.varied([text])


def test_a_setting_is_varied_once() -> None:
    with pytest.raises(UsageError, match=r"style\.scale twice"):
        matrix.varied(["style.scale=1,2", "style.scale=3"])


def test_variants_are_every_combination_the_last_axis_fastest() -> None:
    found = variants(
        encoders=("bundled", "vgg19"), varied=matrix.varied(["style.scale=1,2", "run.seed=0,1"])
    )
    assert len(found) == 8
    assert [v.labels["run.seed"] for v in found[:3]] == ["0", "1", "0"]
    assert found[-1].settings.encoder.name == "vgg19"
    assert found[-1].settings.style.scale == 2 and found[-1].settings.run.seed == 1


def test_a_value_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match=r"style\.palette"):
        variants(varied=matrix.varied(["style.palette=0,7"]))


def test_another_encoder_does_not_take_the_weights_of_the_first() -> None:
    base = Settings.model_validate({"encoder": {"name": "vgg19", "weights": "/w/vgg19.pth"}})
    axes = Axes(PATHS, PATHS, encoders=("vgg19", "bundled"))
    first, second = matrix.variants(axes, {"": base})
    assert first.settings.encoder.weights == "/w/vgg19.pth"
    assert second.settings.encoder.weights == ""


def test_recipes_are_an_axis_of_their_own() -> None:
    axes = Axes(PATHS, PATHS, recipes=("gatys", "my/own.toml"))
    large = Settings.model_validate({"style": {"scale": 2}})
    found = matrix.variants(axes, {"gatys": Settings(), "my/own.toml": large})
    assert [v.labels["recipe"] for v in found] == ["gatys", "own"]
    assert [v.settings.style.scale for v in found] == [1, 2]


def test_files_of_one_name_are_told_apart() -> None:
    assert matrix.names([Path("a/x.jpg"), Path("b/x.png"), Path("y.jpg")]) == ["x-1", "x-2", "y"]


def test_folders_have_names_that_every_file_system_takes() -> None:
    labels = {"photo": "a b/c", "style": "ß" * 200, "encoder": "bundled", "style.scale": "2"}
    name = matrix.folder_name(labels, ["style.scale"])
    assert "/" not in name and " " not in name and len(name.encode()) <= 80
    other = matrix.folder_name(labels | {"style.scale": "1"}, ["style.scale"])
    assert other != name
    plain = {"photo": "sea", "style": "wave", "encoder": "bundled", "style.scale": "2"}
    assert matrix.folder_name(plain, ["style.scale"]) == "sea_wave_style.scale=2"
