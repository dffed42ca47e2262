"""The page of a comparison: HTML that works offline, with the pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from urllib.parse import quote

from pipeline.comparing import tables
from pipeline.comparing.making import JUDGE
from pipeline.comparing.outcome import CRITERIA, Outcome, Row
from pipeline.config import units
from pipeline.report import files
from pipeline.run.comparison import CHART, SHEET, TABLES

_LEGEND = (
    "rank: the mean place among the pictures of its photo and style, see above.",
    "palette: distance to the painting's colours, the photo's own is 1. foreign: pixels in colours "
    "that the painting has not.",
    "contrast (the least and the most of five bands from 1 to 16 px), coherence (how clear strokes "
    "are), weave (detail along rows and columns of pixels), grain: over the painting's own, so "
    "that 1 is the painting.",
    "structure: how much of the photo's edges is where it was; 1 is the photo.",
    f"style loss, content loss: how far from the painting and from the photo, as the encoder "
    f"{JUDGE} sees it, whichever made the picture.",
    "s, memory, kWh and cost are of the picture alone: without reading the inputs and loading the "
    "encoder.",
)


@dataclass(frozen=True)
class Shown:
    """A picture on the page."""

    link: str
    name: str
    told: str
    alt: str


@dataclass(frozen=True)
class Pair:
    """The pictures of one photo and one style."""

    title: str
    pictures: tuple[Shown, ...]


def html(outcome: Outcome, title: str, machine: str, inputs: Mapping[str, str]) -> str:
    """The text of the page.

    `machine` says in a line what computer it was made on, `inputs` names a small picture of every
    photo and style.
    """
    text = (resources.files("pipeline.comparing") / "templates" / "page.html").read_text("utf-8")
    names = tables.axes(outcome.rows)
    return files.rendered(
        "comparison.html",
        texts={"comparison.html": text},
        title=title,
        answers=answers(outcome, machine),
        pairs=list(_pairs(outcome.rows, inputs)),
        variants=outcome.variants,
        how=_how(),
        sheet=SHEET,
        chart=CHART,
        headings=tables.headings(outcome),
        table=[tables.cells(row, names) for row in outcome.rows],
        axes=len(names),
        files=TABLES,
        legend=_LEGEND,
    )


def answers(outcome: Outcome, machine: str) -> list[tuple[str, str]]:
    """What one wants to know of it, with numbers."""
    best, count = outcome.variants[0], len(outcome.rows)
    each = outcome.seconds / count
    quick = min(outcome.variants, key=lambda variant: variant.seconds)
    return [
        (
            "Is it possible on this computer?",
            f"Yes: {count} pictures of {outcome.rows[0].size} px on {machine}, with at most "
            f"{units.amount(outcome.peak_memory_bytes)} of memory.",
        ),
        (
            "How long does it take?",
            f"{units.duration(outcome.seconds)} for all, {units.duration(each)} a picture; the "
            f"quickest is {quick.variant} with {units.duration(quick.seconds)}.",
        ),
        (
            "How much electricity?",
            f"{outcome.energy_kwh:.3g} kWh for all ({outcome.energy_from}), {outcome.cost}, "
            f"{outcome.co2_grams:.3g} g of CO2.",
        ),
        (
            "What looks best?",
            f"By numbers {best.variant}, with a mean rank of {best.rank:g}. Numbers see colours, "
            "contrast, strokes and structure, not beauty: look at the pictures.",
        ),
    ]


def _how() -> str:
    names = ", ".join(name for name, _ in CRITERIA)
    return (
        f"The pictures of a photo and a style are ordered by each of {names}: colours nearest to "
        "the painting's, contrast and strokes nearest to its own, edges nearest to the photo's. "
        "The rank is the mean of the four places; 1 would be first in all."
    )


def _pairs(rows: Sequence[Row], inputs: Mapping[str, str]) -> Iterator[Pair]:
    for pair in dict.fromkeys(row.pair for row in rows):
        own = [row for row in rows if row.pair == pair]
        photo, style = pair
        given = [Shown(quote(inputs[name]), name, "", name) for name in pair]
        yield Pair(f"{photo} in the manner of {style}", (*given, *(_shown(row) for row in own)))


def _shown(row: Row) -> Shown:
    photo, style = row.pair
    told = f"{units.duration(row.seconds)}, rank {row.rank:g}"
    if row.palette is not None:
        told += f", palette {row.palette:.2f}"
    return Shown(
        link=quote(row.picture),
        name=row.variant,
        told=told,
        alt=f"{photo} in the manner of {style}, {row.variant}",
    )
