"""All that is chosen of how an encoder's network is used."""

from __future__ import annotations

from dataclasses import dataclass, field

from stages.nst.published.form import Form
from stages.nst.published.layering import Layering


@dataclass(frozen=True)
class Use:
    """Which layers are read, what the network is shown (stages.nst.published.inputs), its form.

    And the `sketches` that are taken of features (stages.nst.published.distributions).
    """

    layering: Layering = field(default_factory=Layering)
    input: str = "own"
    form: Form = field(default_factory=Form)
    sketches: tuple[str, ...] = ()
