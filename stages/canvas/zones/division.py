"""The division of a picture into zones, each with its paintings and their weights.

Every painting has its part of the picture: a mask, one label of a map, or what the masks of others
leave. Paintings with the same part share a zone, blended by their weights. Where masks overlap
their zones share a pixel by how white the masks are; where none is, there is no zone, and the photo
is left to itself. So the shares of all zones add up to one at most, at every pixel of every size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.canvas import files, resample
from stages.canvas.files import Pixels, Rows
from stages.tiles import Rect, Size

_SEEN = Size(256, 256)  # px, the most that areas are told by


@dataclass(frozen=True)
class Part:
    """What a painting has of the picture, as files of masks with a channel for each label.

    `mask` lies on the photo; None is what other masks leave. `on` lies on the painting and says
    where it is looked at, in the same channels; None is everywhere.
    """

    mask: Path | None = None
    on: Path | None = None


@dataclass(frozen=True)
class Member:
    """A painting in a zone by its number, what it counts there, and the channel of its `on`."""

    painting: int
    weight: float
    channel: int = 0


@dataclass(frozen=True)
class Zone:
    """A channel of a mask on the photo, or what all masks leave, and the paintings there.

    Their weights add up to one.
    """

    mask: Path | None
    channel: int
    members: tuple[Member, ...]


def zones_of(parts: Sequence[Part], weights: Sequence[float]) -> tuple[Zone, ...]:
    """The zones of paintings with those parts and weights; none where nothing is divided."""
    if not any(part.mask for part in parts):
        return ()
    found: dict[tuple[Path | None, int], list[Member]] = {}
    for number, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        for channel in range(1 if part.mask is None else files.layout(part.mask).channels):
            found.setdefault((part.mask, channel), []).append(Member(number, weight, channel))
    # What masks leave comes last.
    order = sorted(found, key=lambda key: key[0] is None)
    return tuple(Zone(*key, _normalised(found[key])) for key in order)


def _normalised(members: Sequence[Member]) -> tuple[Member, ...]:
    total = sum(member.weight for member in members)
    return tuple(Member(m.painting, m.weight / total, m.channel) for m in members)


def shares(zones: Sequence[Zone], size: Size) -> Rows:
    """Any rows of the zones' shares at a size, `(rows, W, Z)`."""
    masks = {zone.mask: rows_at(zone.mask, size) for zone in zones if zone.mask is not None}

    def rows(top: int, bottom: int) -> Pixels:
        seen = {mask: own(top, bottom) for mask, own in masks.items()}
        found = np.empty((bottom - top, size.width, len(zones)), np.float32)
        for number, zone in enumerate(zones):
            if zone.mask is not None:
                found[..., number] = seen[zone.mask][..., zone.channel]
        masked = [number for number, zone in enumerate(zones) if zone.mask is not None]
        total = found[..., masked].sum(axis=-1)
        if len(masked) < len(zones):
            found[..., -1] = np.maximum(1 - total, 0)
        found[..., masked] /= np.maximum(total, 1)[..., None]
        return found

    return rows


def rows_at(mask: Path, size: Size, channel: int | None = None) -> Rows:
    """Any rows of a mask at a size, `(rows, W, channels)`, 0 to 1: of all channels or of one."""
    source, _, channels = files.layout(mask)
    begin, end = (0, channels) if channel is None else (channel, channel + 1)

    def three(first: int) -> Rows:
        def rows(top: int, bottom: int) -> Pixels:
            found = files.channels(mask, Rect(0, top, source.width, bottom - top))
            some = found[..., first : min(first + 3, end)]
            return np.pad(some, ((0, 0), (0, 0), (0, 3 - some.shape[-1])))

        return resample.rows_resized(rows, source, size)

    parts = [three(first) for first in range(begin, end, 3)]
    return lambda top, bottom: np.concatenate([part(top, bottom) for part in parts], axis=-1)[
        ..., : end - begin
    ]


def whole(zones: Sequence[Zone], size: Size) -> Pixels | None:
    """The shares at a size all at once, `(H, W, Z)`; None where nothing is divided."""
    if not zones:
        return None
    return resample.gathered(shares(zones, size), size, _largest(zones))


def covered(before: Pixels, after: Pixels, shares: Pixels | None) -> Pixels:
    """An image `(H, W, 3)` after it was worked on; what is of no zone, by `shares`, as before."""
    if shares is None:
        return after
    own = np.minimum(shares.sum(axis=-1, keepdims=True), 1)
    return np.asarray(before + own * (after - before))


def _largest(zones: Sequence[Zone]) -> int:
    """Px of the largest mask."""
    return max(files.size_of(zone.mask).pixels for zone in zones if zone.mask is not None)


def areas(zones: Sequence[Zone]) -> tuple[float, ...]:
    """What share of the picture every zone has, as it is seen from afar."""
    found = whole(zones, _SEEN)
    assert found is not None
    return tuple(float(area) for area in found.mean(axis=(0, 1)))


def write(zones: Sequence[Zone], dst: Path, size: Size) -> None:
    """Write the shares at a size as a canvas of a channel for each zone, in bands."""
    rows, step = shares(zones, size), max(1, (1 << 20) // size.width)
    tops = range(0, size.height, step)
    bands = (rows(top, min(top + step, size.height)) for top in tops)
    files.write_bands(dst, size, bands, len(zones))
