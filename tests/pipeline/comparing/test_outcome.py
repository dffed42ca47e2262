"""What looks best by numbers, and the tables."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pipeline.comparing import outcome, tables
from pipeline.comparing.outcome import MEASURES, Outcome, Row


def row(style: str, scale: str, **measures: float | None) -> Row:
    labels = {"photo": "sea", "style": style, "encoder": "bundled", "style.scale": scale}
    told = dict.fromkeys(MEASURES, 1.0) | measures
    return Row(
        picture=f"cells/{style}-{scale}/picture.png",
        labels=labels,
        size="96x72",
        seconds=2.0,
        iterations=3,
        peak_memory_bytes=10**9,
        energy_kwh=1e-4,
        cost=3e-5,
        losses=(2.0, 1.0),
        **told,  # type: ignore[arg-type]
    )


def outcome_of(rows: list[Row]) -> Outcome:
    rows = outcome.named(rows)
    ranked = [r for pair in outcome._pairs(rows) for r in outcome._ranked(pair)]
    return Outcome(
        rows=tuple(ranked),
        variants=tuple(outcome._variants(ranked)),
        seconds=4.0,
        peak_memory_bytes=10**9,
        energy_kwh=2e-4,
        energy_from="30 W assumed",
        cost="0.00 EUR",
        co2_grams=0.1,
        currency="EUR",
    )


def test_the_nearest_in_all_is_first_whatever_its_pair_is_like() -> None:
    found = outcome_of(
        [
            row("wave", "1", palette=0.1, contrast_least=0.9, structure=0.5),
            row("wave", "2", palette=0.3, contrast_least=0.4, structure=0.4),
            row("night", "1", palette=0.5, coherence=1.1, structure=0.9),
            row("night", "2", palette=0.6, coherence=0.5, structure=0.2),
        ]
    )
    assert [best.variant for best in found.variants] == [
        "style.scale 1",
        "style.scale 2",
    ]
    assert found.variants[0].rank == 1.0


def test_variants_are_named_by_what_differs() -> None:
    one = outcome.named([row("wave", "1"), row("night", "1")])
    assert {r.variant for r in one} == {"bundled"}


def test_contrast_is_as_far_off_below_as_above() -> None:
    low, high = row("wave", "1", contrast_least=0.5), row("wave", "2", contrast_most=2.0)
    contrast = dict(outcome.CRITERIA)["contrast"]
    assert contrast(low) == pytest.approx(contrast(high))


def test_what_cannot_be_told_is_last_and_empty() -> None:
    found = outcome_of([row("wave", "1", palette=None), row("wave", "2", palette=5.0)])
    assert found.variants[0].variant.endswith("2")
    line = tables.markdown(found).splitlines()[2].split(" | ")
    assert line[tables.headings(found).index("palette")] == ""


def test_all_three_tables_say_the_same() -> None:
    found = outcome_of([row("wave", "1", palette=0.125), row("wave", "2")])
    data = json.loads(tables.as_json(found))["rows"]
    rows = list(csv.DictReader(io.StringIO(tables.as_csv(found))))
    assert [r["style.scale"] for r in rows] == ["1", "2"]
    assert float(rows[0]["palette"]) == data[0]["palette"] == 0.125
    lines = tables.markdown(found).splitlines()
    assert len(lines) == 4 and "0.125" in lines[2] and "cost, EUR" in lines[0]
