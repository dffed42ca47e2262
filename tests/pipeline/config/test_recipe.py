"""Recipes: laid below what is set and above the defaults; files of one's own are recipes too."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.config import recipe as recipes
from pipeline.config.load import Settings
from stages.errors import UsageError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def own(text: str, name: str = "own.toml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_read_and_says_what_it_is(name: str) -> None:
    about = recipes.find(name).about
    assert about.title and about.source and about.network
    assert config.load(None, {"recipe": name}).recipe == name


def test_the_recipe_tilebrush_is_the_defaults() -> None:
    assert config.load(None, {"recipe": "tilebrush"}) == Settings()


def test_a_recipe_lies_above_the_defaults_and_below_file_and_options() -> None:
    own("[tiles]\ncore = 256\nhalo = 48\n[style]\nscale = 2.0\n")
    Path("pipeline.toml").write_text("[tiles]\nhalo = 32\n")
    found = config.load(None, {"recipe": "own.toml", "style.scale": "3"})
    assert (found.tiles.core, found.tiles.halo, found.style.scale) == (256, 32, 3.0)
    assert found.recipe == str(Path("own.toml").absolute())


def test_a_copy_of_all_defaults_undoes_no_recipe() -> None:
    own("[tiles]\ncore = 256\n[display]\niterations = [3]\n")
    Path("pipeline.toml").write_text(config.to_toml(Settings()), encoding="utf-8")
    found = config.load(None, {"recipe": "own.toml"})
    assert (found.tiles.core, found.display.iterations) == (256, (3,))


def test_a_settings_file_names_a_recipe_beside_it(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    own("[tiles]\ncore = 256\n", "kept/mine.toml")
    own('recipe = "./mine.toml"\n', "kept/settings.toml")
    assert config.load(Path("kept/settings.toml")).tiles.core == 256


def test_a_recipe_builds_on_another() -> None:
    own('recipe = "./base.toml"\n[tiles]\ncore = 256\n')
    own("[tiles]\ncore = 512\nhalo = 48\n", "base.toml")
    found = config.load(None, {"recipe": "./own.toml"}).tiles
    assert (found.core, found.halo) == (256, 48)


def test_weights_beside_a_recipe_are_found_from_anywhere(tmp_path: Path) -> None:
    own('[encoder]\nname = "vgg19"\nweights = "caffe.pth"\n')
    found = config.load(None, {"recipe": "own.toml"}).encoder.weights
    assert found == str(tmp_path.resolve() / "caffe.pth")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tiles]\ncor = 3\n", ["tiles.cor", "own.toml", "tiles.core"]),
        ("[tiles]\ncore = 300\n", ["tiles.core in recipe", "own.toml is 300", "multiple of 16"]),
        ("[about]\nnots = []\n", ["[about]", "own.toml", "nots"]),
        ("about = 3\n", ["[about]", "own.toml", "table"]),
        ('recipe = "./own.toml"\n', ["builds on itself"]),
        ("core =", ["own.toml", "TOML"]),
    ],
)
def test_bad_recipes_are_refused_in_one_line(text: str, words: list[str]) -> None:
    own(text)
    with pytest.raises(UsageError) as refused:
        config.load(None, {"recipe": "own.toml"})
    said = str(refused.value)
    assert "\n" not in said and not [word for word in words if word not in said]


def test_an_unknown_recipe_names_the_near_one() -> None:
    with pytest.raises(UsageError, match=r"unknown recipe 'tilebrsh'.*did you mean 'tilebrush'"):
        config.load(None, {"recipe": "tilebrsh"})
    with pytest.raises(UsageError, match=r"cannot read settings from .*none\.toml"):
        config.load(None, {"recipe": "none.toml"})


def test_a_finished_choice_takes_no_other_recipe() -> None:
    with pytest.raises(UsageError, match="chosen for a new run"):
        config.override(Settings(), {"recipe": "own.toml"})


def test_another_recipe_of_the_same_settings_is_no_difference() -> None:
    named = Settings(recipe="other.toml")
    assert not config.differences(Settings(), named)
