"""`tilebrush recipes`: the recipes of the package, and what one says."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import recipe as recipes


@dataclass(frozen=True, kw_only=True)
class RecipeRow:
    """One recipe in the list."""

    name: str
    title: str
    network: str
    source: str


@dataclass(frozen=True, kw_only=True)
class RecipeResult:
    """A recipe; `document`, its file, is what people are shown: it can be kept and changed."""

    name: str
    title: str
    source: str
    network: str
    weights: str
    notes: tuple[str, ...]
    settings: dict[str, object]
    text: str

    @property
    def document(self) -> str:
        """The whole text for people."""
        return self.text


def listed() -> list[RecipeRow]:
    """All recipes of the package."""
    found = (recipes.find(name) for name in recipes.names())
    return [
        RecipeRow(
            name=one.name,
            title=one.about.title,
            network=one.about.network,
            source=one.about.source,
        )
        for one in found
    ]


def shown(name: str) -> RecipeResult:
    """One recipe, of the package or of a file.

    Raises:
        UsageError: there is none of that name, or it cannot be read.
    """
    one = recipes.find(name)
    return RecipeResult(
        name=one.name,
        title=one.about.title,
        source=one.about.source,
        network=one.about.network,
        weights=one.about.weights,
        notes=one.about.notes,
        settings=one.tables,
        text=one.text,
    )
