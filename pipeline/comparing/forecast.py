"""What a comparison will take on this computer, from a short trial with each of its encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.comparing import making
from pipeline.console.console import Console
from pipeline.engine.outputs import Brief
from pipeline.host.energy import Meter
from pipeline.planning import estimate
from pipeline.planning.resolve import open_studio, style_pixels
from stages.tiles import Size

_BEYOND = 1.15  # of the optimizer's time: palette, painting over, measures
_PICTURE_BYTES = 4  # a px, of a PNG with its measures, its share of sheet and page


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """The pictures of one encoder."""

    encoder: str
    pictures: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a comparison will take."""

    pictures: int
    photos: int
    styles: int
    variants: int
    total_seconds: float
    peak_memory_bytes: int
    disk_bytes: int
    energy_kwh: float
    energy_from: str
    cost: str
    co2_grams: float
    encoders: tuple[Encoder, ...]

    @property
    def headline(self) -> str:
        """First line for people."""
        return (
            f"{self.pictures} pictures: photos {self.photos}, styles {self.styles}, "
            f"variants {self.variants}"
        )


def forecast(
    briefs: Sequence[Brief], photos: int, styles: Sequence[Size], console: Console
) -> Forecast:
    """What the cells of so many photos with paintings of these sizes will take.

    Raises:
        WeightsError: an encoder's are missing.
    """
    meter = Meter()
    groups: dict[str, list[Brief]] = {}
    for brief in briefs:
        groups.setdefault(brief.weights, []).append(brief)
    rows = [_encoder(group, console) for group in groups.values()]
    total, settings = sum(row.seconds for row in rows), briefs[0].settings
    told = estimate.energy(settings.energy, total, meter.taken())
    largest = max(style_pixels([size], settings) for size in styles)
    return Forecast(
        pictures=len(briefs),
        photos=photos,
        styles=len(styles),
        variants=len(briefs) // (photos * len(styles)),
        total_seconds=round(total, 1),
        peak_memory_bytes=max(estimate.peak_memory(b.settings, b.plan, largest) for b in briefs),
        disk_bytes=disk_bytes(briefs),
        energy_kwh=round(told.kwh, 5),
        energy_from=told.source,
        cost=told.cost,
        co2_grams=round(told.grams, 1),
        encoders=tuple(rows),
    )


def disk_bytes(briefs: Sequence[Brief]) -> int:
    """Bytes that the finished comparison takes."""
    return sum(brief.plan.size.pixels * _PICTURE_BYTES for brief in briefs)


def _encoder(group: Sequence[Brief], console: Console) -> Encoder:
    first = group[0]
    pace = estimate.measure(open_studio(first.settings, console), first.plan)
    seconds = sum(making.work(brief) for brief in group) * pace.display * _BEYOND
    return Encoder(
        encoder=first.settings.encoder.name, pictures=len(group), seconds=round(seconds, 1)
    )
