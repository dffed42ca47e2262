"""How the settings have a network used, and what is told of what stands in."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load as config
from pipeline.config.load import Settings
from pipeline.console.console import Console
from pipeline.engine.outputs import Brief
from pipeline.engine.outputs.values import Unset, decided
from pipeline.planning import levels, network
from stages.errors import UsageError
from stages.nst.published.form import Form


def settings(**given: Any) -> Settings:
    keys = {key.replace("__", "."): value for key, value in given.items()}
    return config.load(Path(os.devnull), keys)


def test_the_defaults_use_a_network_as_tilebrush_does() -> None:
    found = network.use(Settings())
    assert found.form.own and found.input == "own" and not network.stands_in(Settings())


@pytest.mark.parametrize(
    ("recipe", "encoder", "weights", "other"),
    [
        ("chollet", "bundled", "", True),
        ("chollet", "vgg19", "", True),  # torchvision's weights are not Caffe's
        ("chollet", "vgg19", "caffe.pth", False),
        ("crowsonkb", "vgg19", "", False),
        ("crowsonkb", "bundled", "", True),
        ("plain", "bundled", "", False),
    ],
)
def test_what_stands_in(recipe: str, encoder: str, weights: str, other: bool) -> None:
    found = settings(recipe=recipe, encoder__name=encoder, encoder__weights=weights or None)
    assert network.stands_in(found) is other


def test_caffes_weights_are_used_as_published() -> None:
    found = network.use(settings(recipe="johnson", encoder__name="vgg19", encoder__weights="c.pth"))
    assert found.input == "caffe-256"
    assert found.form == Form(pooling="max", odd="ceil", padding="zero")


def test_another_vgg_pools_as_published_and_other_encoders_as_their_own() -> None:
    vgg = network.use(settings(recipe="johnson", encoder__name="vgg19"))
    bundled = network.use(settings(recipe="johnson"))
    assert vgg.input == bundled.input == "own"
    assert (vgg.form.pooling, vgg.form.padding) == ("max", "zero")
    assert (bundled.form.pooling, bundled.form.padding) == ("own", "reflect")
    assert vgg.form.gains == bundled.form.gains != (1.0,)


def told(chosen: Settings) -> str:
    stream = StringIO()
    network.tell(chosen, Console(stream=stream))
    return stream.getvalue()


def test_it_is_told_in_one_line() -> None:
    line = told(settings(recipe="chollet"))
    assert line.count("\n") == 1
    assert "vgg19 with caffe's weights, for which bundled stands in" in line
    assert "relu5_2 -> relu5_1" in line
    assert told(Settings()) == ""


def test_what_does_not_count_for_a_stand_in_is_in_no_key() -> None:
    chosen = settings(recipe="chollet")
    brief = Brief(chosen, levels.make(chosen))
    for key in ("network.input", "network.pooling", "network.padding"):
        assert decided(brief, key) is Unset.UNSET
    assert decided(brief, "network.stand_in") == chosen.network.stand_in


def test_default_keys_hold_nothing_that_recipes_choose() -> None:
    from pipeline.engine.outputs.groups import CHOSEN

    brief = Brief(Settings(), levels.make(Settings()))
    assert {decided(brief, key) for key in CHOSEN} == {Unset.UNSET}


def test_masks_and_tiles_are_refused_where_places_are_compared() -> None:
    chosen = settings(recipe="nnst")
    with pytest.raises(UsageError, match="nnst works at display size only, because its loss"):
        network.check_levels(chosen)
    masked = settings(recipe="nnst", style__masks="sky.png=1")
    with pytest.raises(UsageError, match="nnst takes no masks or maps"):
        told(masked)
    network.check_levels(settings(recipe="spst"))
