"""Fold batch norm away, bring every channel to mean activation one, write float16 safetensors.

python -m training.export CHECKPOINT DATA OUT
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from training import data
from training.network import MEAN, POOL, STD, WIDTHS, Classifier, ConvNorm, pooled
from training.train import SIDES


def folded(model: Classifier) -> list[list[tuple[torch.Tensor, torch.Tensor]]]:
    """Kernel and bias of every convolution, block by block."""
    blocks = []
    for block in model.blocks:
        assert isinstance(block, torch.nn.ModuleList)
        layers = []
        for layer in block:
            assert isinstance(layer, ConvNorm)
            layers.append(layer.folded())
        blocks.append(layers)
    return blocks


@torch.no_grad()
def normalised(
    blocks: list[list[tuple[torch.Tensor, torch.Tensor]]], images: torch.Tensor, pool: int = POOL
) -> dict[str, torch.Tensor]:
    """Rescale every channel to mean activation one over `images`, without changing the function.

    Gatys et al., *Texture Synthesis Using CNNs* (2015), section 2, do so for VGG-19. A layer's
    gain is taken back in the next one's kernel. Channels that never fire are left alone.
    """
    x = (images - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    undo = torch.ones(3)
    table: dict[str, torch.Tensor] = {}
    for b, block in enumerate(blocks, start=1):
        x = x if b == 1 else pooled(x, pool)
        for c, (kernel, bias) in enumerate(block, start=1):
            kernel = kernel * undo[None, :, None, None]
            x = F.relu(F.conv2d(x, kernel, bias, padding=1))
            mean = x.mean(dim=(0, 2, 3))
            gain = torch.where(mean > 1e-3, 1 / mean.clamp(min=1e-3), torch.ones_like(mean))
            x = x * gain[None, :, None, None]
            table[f"relu{b}_{c}.weight"] = kernel * gain[:, None, None, None]
            table[f"relu{b}_{c}.bias"] = bias * gain
            undo = 1 / gain
    return table


def main() -> None:
    """Write the weights of a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    state = torch.load(args.checkpoint, weights_only=True)
    recipe = state["recipe"]
    widths, pool = recipe.get("widths", WIDTHS), recipe.get("pool", POOL)
    model = Classifier(len(state["labels"]), widths, pool, aside=recipe.get("aside", 0) > 0)
    model.load_state_dict(state["model"])
    held = data.load(args.data, train=False, sides=SIDES)
    big = max(held.shards, key=lambda shard: shard.images.shape[1])
    photos = next(s for s in held.shards if s.images.shape[1] == SIDES["photos"])
    some = [data.batch(s, np.arange(0, len(s.labels), 13))[:128] for s in (big, photos)]
    images = torch.cat([F.interpolate(part, size=104, mode="area") for part in some])
    table = normalised(folded(model), images, pool)
    metadata = {
        "blocks": json.dumps([list(block) for block in model.widths]),
        "pool": json.dumps(pool),
        "data": "see docs/encoder.md",
        "recipe": json.dumps(recipe),
        "steps": str(state["step"]),
        "accuracy": json.dumps({k: round(v, 4) for k, v in state["scores"].items()}),
        "date": datetime.date.today().isoformat(),
        "licence": "MIT",
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in table.items()}, args.out, metadata)
    print(hashlib.sha256(args.out.read_bytes()).hexdigest(), args.out.stat().st_size)


if __name__ == "__main__":
    main()
