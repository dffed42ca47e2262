"""Which paintings count, how much and how large: weights, scales and scale of `style`."""

from __future__ import annotations

from pipeline.config.schema import Settings
from stages.errors import UsageError


def style_weights(settings: Settings, count: int) -> tuple[float, ...]:
    """One weight per style image; they add up to one.

    Raises:
        UsageError: There are not as many weights as style images.
    """
    weights = settings.style.weights or (1.0,) * count
    _as_many("weights", weights, count)
    return tuple(weight / sum(weights) for weight in weights)


def style_scales(settings: Settings, count: int) -> tuple[float, ...]:
    """The size of every style image relative to the canvas.

    Raises:
        UsageError: There are not as many scales as style images.
    """
    scales = settings.style.scales or (settings.style.scale,) * count
    _as_many("scales", scales, count)
    return scales


def _as_many(name: str, numbers: tuple[float, ...], count: int) -> None:
    if len(numbers) != count:
        raise UsageError(
            f"style.{name} has {len(numbers)} numbers for {count} style images; "
            "give one per image, or none"
        )


def counted(settings: Settings, count: int) -> tuple[int, ...]:
    """The numbers, from 1, of the style images that weigh anything: others are as if not there."""
    weights = settings.style.weights or (1.0,) * count
    numbered = enumerate(weights[:count], start=1)
    return tuple(number for number, weight in numbered if weight > 0)
