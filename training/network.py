"""The compact VGG-like network as it is trained: with batch norm, which export folds away."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from stages.nst.pooling import binomial

Widths = tuple[tuple[int, ...], ...]

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

#: One tuple per block, one width per 3x3 convolution; pooling between blocks.
WIDTHS: Widths = ((16,), (48, 48), (128, 128), (256, 256), (256,))

#: Px of the pooling's filter along an axis: 4 is the binomial one, see stages.nst.pooling, 2 the
#: mean.
POOL = 4


def pooled(x: torch.Tensor, pool: int) -> torch.Tensor:
    """Features at half the height and width."""
    return binomial(x) if pool == 4 else F.avg_pool2d(x, 2)


class ConvNorm(nn.Module):
    """3x3 convolution padded with zeros, as at work, batch norm and ReLU.

    The weight is kept as a matrix, because the Muon optimizer orthogonalises matrices.
    """

    def __init__(self, wide_in: int, wide_out: int) -> None:
        super().__init__()
        self.wide_in = wide_in
        self.weight = nn.Parameter(torch.empty(wide_out, wide_in * 9))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        self.norm = nn.BatchNorm2d(wide_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features in ``(N, C, H, W)``, features out of the same height and width."""
        weight = self.weight.view(-1, self.wide_in, 3, 3)
        x = F.conv2d(x, weight, padding=1)
        return F.relu(self.norm(x))

    def folded(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Kernel ``(out, in, 3, 3)`` and bias with the batch norm's running statistics in them."""
        norm = self.norm
        assert norm.running_var is not None and norm.running_mean is not None
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        kernel = self.weight.view(-1, self.wide_in, 3, 3) * gain[:, None, None, None]
        return kernel.detach(), (norm.bias - norm.running_mean * gain).detach()


class Classifier(nn.Module):
    """Trunk of blocks with pooling between them, and one linear layer for all labels.

    With `aside`, mean and deviation of every block but the first and last get such a layer too:
    what style is matched by then has to tell labels apart at every scale.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self, classes: int, widths: Widths = WIDTHS, pool: int = POOL, *, aside: bool = False
    ) -> None:
        super().__init__()
        self.widths, self.pool = widths, pool
        self.blocks = nn.ModuleList()
        wide_in = 3
        for block in widths:
            layers = nn.ModuleList()
            for wide_out in block:
                layers.append(ConvNorm(wide_in, wide_out))
                wide_in = wide_out
            self.blocks.append(layers)
        self.head = nn.Linear(wide_in, classes)
        inner = widths[1:-1] if aside else ()
        self.aside = nn.ModuleList(nn.Linear(2 * block[-1], classes) for block in inner)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images ``(N, 3, S, S)`` in 0 to 1 to logits ``(N, classes)``."""
        logits: torch.Tensor = self.head(self.features(images)[-1].mean(dim=(2, 3)))
        return logits

    def beside(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        """Logits from mean and deviation of the inner blocks."""
        return [
            layer(torch.cat([x.mean(dim=(2, 3)), x.std(dim=(2, 3))], dim=1))
            for layer, x in zip(self.aside, features[1:], strict=False)
        ]

    def features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """The last features of every block."""
        x = (images - self.mean) / self.std
        x = x.contiguous(memory_format=torch.channels_last)
        found: list[torch.Tensor] = []
        for number, block in enumerate(self.blocks):
            if number:
                x = pooled(x, self.pool)
            assert isinstance(block, nn.ModuleList)
            for layer in block:
                x = layer(x)
            found.append(x)
        return found
