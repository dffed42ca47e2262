"""Keys: a change reaches exactly the outputs that depend on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import load as config
from pipeline.engine import table
from pipeline.engine.keys import Keys
from pipeline.engine.outputs import Brief, Place
from pipeline.planning import levels
from pipeline.run.records import Input

INPUTS = (
    Input("photo", "/p.jpg", "p.jpg", "11", 1),
    Input("style", "/s.jpg", "s.jpg", "22", 1),
    Input("style", "/t.jpg", "t.jpg", "33", 1),
)


def keys(weights: str = "ee", inputs: tuple[Input, ...] = INPUTS, **changed: str) -> dict[str, str]:
    """The keys of a print's outputs by name."""
    overrides = {name.replace("_", ".", 1): value for name, value in changed.items()}
    settings = config.load(Path(os.devnull), overrides)
    brief = Brief(settings, levels.make(settings), inputs, weights)
    own = Keys(brief)
    found = {}
    for output, places in table.walk(brief):
        at = places[0]
        numbers = [n for n in (at.style, at.level, at.sweep) if n]
        name = " ".join([output.name, ".".join(map(str, numbers))]).strip()
        found[name] = own.at(output.name, at)
    found |= {"style 2": own.at("style", Place(style=2))}
    return found


def changed(matching: str = "both", **settings: str) -> set[str]:
    """What has another key with other settings, for a way of matching."""
    way = {"style_matching": matching}
    before, after = keys(**way), keys(**way, **settings)
    return {name for name in before if before[name] != after.get(name)}


def test_no_two_outputs_share_a_key() -> None:
    found = keys()
    assert len(set(found.values())) == len(found)
    assert keys() == found


@pytest.mark.parametrize(
    "free",
    [
        {"run_nice": "5"},
        {"energy_watts": "60"},
        {"run_memory": "4GB"},
        {"run_only_between": "22:00-07:00"},
        {"run_until": "07:30"},
    ],
)
def test_what_changes_no_picture_changes_no_key(free: dict[str, str]) -> None:
    assert changed(**free) == set()


def test_the_print_file_alone_depends_on_dpi() -> None:
    assert changed(print_dpi="300") == {"TIFF", "JPEG"}


def test_a_late_level_leaves_the_earlier_ones() -> None:
    found = changed(paint_iterations="40,20,9,0")
    above = {"enlarged canvas 4", "survey 4", "painted canvas 4", "TIFF", "JPEG"}
    assert found == {"tile 3.1", "level canvas 3"} | above


def test_levels_hold_forms_by_themselves() -> None:
    assert changed(paint_hold="1,0.75,0.75,0.75") == set()
    found = changed(paint_hold="1,0.75,0.75,0")
    assert found == {"painted canvas 4", "TIFF", "JPEG"}
    found = changed(paint_hold="1,0.75,0,0.75")
    assert {"painted canvas 3", "tile 3.1"} <= found and "tile 2.1" not in found
    assert "painted canvas 1" in changed(paint_hold="0.5")


def test_the_look_leaves_the_inputs() -> None:
    for found in (changed(style_smooth_weight="2"), changed(weights="ff")):
        given = {"photo", "credits", "style 1", "style 2", "palette"}
        given |= {f"level photo {n}" for n in range(1, 5)}
        numbers = {"content energy", *(f"style moments {n}" for n in range(1, 5))}
        numbers |= {f"dictionary {n}" for n in range(1, 5)}
        assert set(keys()) - found - numbers == given


def test_another_style_leaves_the_photo_and_the_other_style() -> None:
    other = (*INPUTS[:2], Input("style", "/t.jpg", "t.jpg", "44", 1))
    before, after = keys(), keys(inputs=other)
    same = {n for n in before if before[n] == after[n]}
    assert same == {"photo", "credits", "style 1"}  # the palette is of both styles


def test_the_palette_changes_what_the_photo_is_held_to() -> None:
    found = changed(style_palette="0.5")
    assert {"palette", "content energy", "level photo 1", "display canvas"} <= found
    assert not found & {"photo", "style 1", "style moments 1"}


def test_softness_changes_what_is_made_of_the_painting() -> None:
    some = {"photo", "style 1", "display canvas", "enlarged canvas 1", "level canvas 1"}
    assert some & changed("moments", levels_soften="2") == {"level canvas 1"}
    assert some & changed("moments", levels_comb="0") == {"level canvas 1"}
    above = {"display canvas", "enlarged canvas 1", "level canvas 1"}
    assert some & changed(display_comb="0") == above
    assert some & changed(display_soften="2") == above


def test_tooth_and_strokes_change_what_grows_out_of_them() -> None:
    some = {"photo", "display canvas", "level photo 1", "enlarged canvas 1"}
    assert some & changed("moments", levels_bristles="0.03") == {"enlarged canvas 1"}
    assert some & changed("moments", levels_crisp="0") == {"enlarged canvas 1"}
    assert some & changed(display_tooth="0.03") == {"display canvas", "enlarged canvas 1"}


def test_what_a_way_of_matching_does_not_use_changes_nothing() -> None:
    for name in ("crisp", "bristles", "comb", "soften"):
        assert changed("both", **{f"levels_{name}": "1"}) == set()
    assert changed("moments", paint_tone="0.1", paint_copies="1") == set()
    assert "dictionary 1" in changed("both", paint_copies="1")
    assert "painted canvas 1" in changed("places", paint_tone="0.1")
