"""What settings decide: their values in keys, or nothing where they have no effect."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine.outputs.groups import CHOSEN, OLD_OPTIMIZER

# The command line reads the stages' names off the table: what takes long to import waits.
if TYPE_CHECKING:
    from pipeline.engine.outputs.brief import Brief


class Unset(Enum):
    """The value of a setting that came later than a row's version and is as it was before it.

    It counts for nothing: the keys of older runs hold.
    """

    UNSET = "unset"


def decided(brief: Brief, key: str) -> object:
    """What a setting decides.

    Of the encoder that is its weights, not where they lie; of paintings their shares; nothing
    of what this optimizer or way of matching does not use.
    """
    if key == "encoder.name":
        return Path(brief.settings.encoder.name).name, brief.weights
    if key == "style.palette":
        return brief.palette
    if key == "style.weights":
        return brief.shares
    if key == "style.scales":
        return brief.scales if brief.settings.style.scales else Unset.UNSET
    if key == "style.scale" and brief.settings.style.scales:
        return None
    if key == "paint.hold":  # a fact of each level
        return Unset.UNSET
    if key in ("print.profile", "print.soft_proof"):
        return _profile(brief, key)
    if key in CHOSEN:
        return _chosen(brief, key)
    drawn = ("levels.crisp", "levels.bristles", "levels.comb", "levels.soften")
    laid = ("paint.copies", "paint.tone", "paint.lines", "paint.join", "paint.strokes")
    unused = drawn if brief.painted else laid
    from pipeline.config import fields

    if key in unused or (key in OLD_OPTIMIZER and not fields.counts(brief.settings, key)):
        return None
    return fields.value_of(brief.settings, key)


def _chosen(brief: Brief, key: str) -> object:
    """What a recipe may choose, if it is another than the default and has an effect."""
    from pipeline.config import fields
    from pipeline.planning import network

    other = network.stands_in(brief.settings)
    if key == "network.made_for":  # all that it decides
        return other or Unset.UNSET
    if key == ("network.input" if other else "network.stand_in"):
        return Unset.UNSET
    if key.startswith("losses.patch_") and not brief.settings.losses.patches:
        return Unset.UNSET
    of_form = key.startswith(("network.pooling", "network.odd", "network.padding"))
    if of_form and other and network.use(brief.settings).form.framed:
        return Unset.UNSET
    if fields.is_default(brief.settings, key) or not fields.counts(brief.settings, key):
        return Unset.UNSET
    return fields.value_of(brief.settings, key)


def _profile(brief: Brief, key: str) -> object:
    """What a setting that names a profile decides: for a file its bytes, not where it lies."""
    from pipeline.config import fields

    name = str(fields.value_of(brief.settings, key))
    known = [item.sha256 for item in brief.of_role("profile") if item.path == name]
    if known:
        return known[0]
    if not Path(name).is_absolute():
        return name
    from pipeline.run.records import Input

    return Input.of("profile", Path(name)).sha256
