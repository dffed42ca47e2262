"""What a network is shown: the forms of pixels that published weights were made for.

Oxford's Caffe networks take blue, green, red from 0 to 255 less a mean. Weights with that order are
folded into Tilebrush's, which take red, green, blue from 0 to 1: the input channels of the first
convolution are turned round, and mean and spread are divided by 255.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

_FIRST = "relu1_1.weight"
_CAFFE = (123.68, 116.779, 103.939)  # red, green, blue


@dataclass(frozen=True)
class Input:
    """Mean and spread of red, green, blue in 0 to 1, and whether weights begin with blue."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    from_blue: bool = False

    @property
    def white(self) -> float:
        """What white less black is in the network's own units."""
        return 1 / self.std[0]


def _over(mean: tuple[float, float, float], white: float) -> tuple[float, float, float]:
    red, green, blue = mean
    return red / white, green / white, blue / white


def _caffe(mean: tuple[float, float, float], white: float = 255.0) -> Input:
    return Input(_over(mean, white), (1 / white,) * 3, from_blue=True)


# "swapped": Narayanan takes the mean off before he turns the channels round. "256": Johnson scales
# pixels by 256/255. "0-to-255": titu1994's MRFNetwork takes no mean off and turns nothing round.
INPUTS = {
    "caffe": _caffe(_CAFFE),
    "caffe-swapped": _caffe(_CAFFE[::-1]),
    "caffe-256": _caffe(_CAFFE, 256.0),
    "imagenet": Input((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0-to-1": Input((0.0,) * 3, (1.0,) * 3),
    "0-to-255": Input((0.0,) * 3, (1 / 255,) * 3),
}


def turned(table: dict[str, Tensor], form: Input) -> dict[str, Tensor]:
    """Weights whose first convolution takes red, green, blue."""
    if not form.from_blue or _FIRST not in table:
        return table
    return {**table, _FIRST: table[_FIRST].flip(1)}
