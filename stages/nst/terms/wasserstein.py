"""Wasserstein-2 distance of features taken as normal distributions: crowsonkb's style loss.

|m - m*|^2 + tr(C + C* - 2 (C*^1/2 C C*^1/2)^1/2), both over the number of channels, with 1e-4 added
to the covariances' diagonals. As there, roots are taken by twelve steps of Newton and Schulz and
their gradients by twelve steps of the same kind on the Lyapunov equation (Lin and Maji, *Improved
Bilinear Pooling with CNNs*, 2017). Twelve steps have not converged where a covariance is nearly
singular; the exact root is another loss.

Over tiles moments are those of a canvas that changes as one tile does, which need not be
anything's: where such a covariance is not positive, the steps diverge, and its nearest positive one
is taken.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from stages.nst.moments import LayerMoments

_STEPS = 12
_DIAGONAL = 1e-4
_ASTRAY = 0.1  # how far a root's square may be from its matrix, as a share of that


def covariance(moments: LayerMoments) -> Tensor:
    """Covariance of features, `(C, C)`, from their moments, 1e-4 added to its diagonal."""
    eye = torch.eye(len(moments.mean), dtype=moments.gram.dtype, device=moments.gram.device)
    return moments.gram - torch.outer(moments.mean, moments.mean) + _DIAGONAL * eye


def wasserstein_loss(found: LayerMoments, style: LayerMoments) -> Tensor:
    """One layer's distance."""
    wanted, now = covariance(style), covariance(found)
    root = square_root(wanted)
    both = square_root(root @ now @ root)
    apart = (found.mean - style.mean).square().mean()
    return apart + (wanted + now - 2 * both).diagonal().mean()


def square_root(matrix: Tensor) -> Tensor:
    """The root of a symmetric positive matrix `(C, C)` by twelve steps."""
    found: Tensor = _Root.apply(matrix)
    return found


class _Root(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        root = _stepped(matrix)
        apart = (root @ root - matrix).norm() / matrix.norm()
        if not bool(apart < _ASTRAY):  # not a number either
            root = _stepped(_positive(matrix))
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        size = root.norm()
        three = 3 * torch.eye(len(root), dtype=root.dtype, device=root.device)
        a, q = root / size, gradient / size
        for number in range(_STEPS):
            square = three - a @ a
            q = (q @ square - a.T @ (a.T @ q - q @ a)) / 2
            if number < _STEPS - 1:
                a = a @ square / 2
        found: Tensor = q / 2
        return found


def _stepped(matrix: Tensor) -> Tensor:
    size = matrix.norm()
    three = 3 * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    y, z = matrix / size, three / 3
    for _ in range(_STEPS):
        step = (three - z @ y) / 2
        y, z = y @ step, step @ z
    root: Tensor = y * size.sqrt()
    return root


def _positive(matrix: Tensor) -> Tensor:
    """The nearest matrix without negative eigenvalues."""
    values, axes = torch.linalg.eigh((matrix + matrix.T) / 2)
    found: Tensor = (axes * values.clamp(min=_DIAGONAL)) @ axes.T
    return found
