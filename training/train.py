"""Train the bundled encoder: classification of photographs and paintings over one trunk.

    python -m training.train DATA --out FOLDER [--steps N] [--set KEY=VALUE]... [--resume]

Every source is a classification task of its own. Warm-up, constant rate, linear decay; resumable
from the last checkpoint; the curve goes to ``log.csv``.
"""

from __future__ import annotations

import argparse
import ast
import csv
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from stages.nst.device import resolve_precision
from training import data
from training.muon import Muon
from training.network import POOL, WIDTHS, Classifier, Widths

SIDES = {"tiny": 64, "photos": 104, "paintings": 128}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, apart from the data."""

    steps: int = 4000
    batch: int = 128
    size: int = 64  # px of a training crop
    small: int = 48  # px of a crop in the first `small_share` of the steps: cheaper, as good
    small_share: float = 0.7
    muon_rate: float = 0.03
    muon_decay: float = 0.02
    adam_rate: float = 2e-3
    warmup: int = 100
    decay_share: float = 0.45
    smoothing: float = 0.05
    paintings_boost: float = 2.0  # paintings are few: each is drawn this much more often
    seed: int = 1
    widths: Widths = WIDTHS
    pool: int = POOL
    least: float = 0.4  # side of the smallest crop, as a share of the image's
    aside: float = 0.0  # weight of telling labels from mean and deviation of the inner blocks
    alike: float = 0.0  # weight of the self-supervised loss: two views of an image agree


def changed(recipe: Recipe, changes: list[str]) -> Recipe:
    """The recipe with `KEY=VALUE` changes, values as Python writes them.

    Raises:
        ValueError: no such key, or no such value.
    """
    for change in changes:
        key, _, text = change.partition("=")
        known = {field.name: type(getattr(recipe, field.name)) for field in fields(recipe)}
        if key not in known:
            raise ValueError(f"{key!r} is not part of a recipe; parts are {', '.join(known)}")
        value = ast.literal_eval(text)
        if known[key] is float and isinstance(value, int):
            value = float(value)
        if not isinstance(value, known[key]):
            raise ValueError(f"{key} is {text}; it must be a {known[key].__name__}")
        recipe = replace(recipe, **{key: value})
    return recipe


def rate(step: int, recipe: Recipe) -> float:
    """Share of the full learning rate at a step: warm-up, plateau, linear decay."""
    rise = min(1.0, (step + 1) / recipe.warmup)
    fall = (recipe.steps - step) / (recipe.decay_share * recipe.steps)
    return min(rise, 1.0, fall)


def shares(dataset: data.Dataset, recipe: Recipe) -> NDArray[np.float64]:
    """How many of a batch come from each shard: by size, paintings boosted."""
    painted = [s.images.shape[1] == SIDES["paintings"] for s in dataset.shards]
    weight = np.array(
        [
            len(s.labels) * (recipe.paintings_boost if p else 1.0)
            for s, p in zip(dataset.shards, painted, strict=True)
        ]
    )
    share: NDArray[np.float64] = weight / weight.sum()
    return share


def draw(
    dataset: data.Dataset, recipe: Recipe, size: int, step: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The batch of one step: images, labels, sources; decided by seed and step alone."""
    rng = np.random.default_rng((recipe.seed, step))
    noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
    counts = rng.multinomial(recipe.batch, shares(dataset, recipe))
    images, labels, sources = [], [], []
    for shard, count in zip(dataset.shards, counts, strict=True):
        if not count:
            continue
        index = rng.integers(len(shard.labels), size=count)
        if recipe.alike:  # every image twice, side by side
            index = np.repeat(index[: (count + 1) // 2], 2)
        small = shard.images.shape[1] == SIDES["tiny"]
        scale = (recipe.least + 0.15 if small else recipe.least, 1.0)
        images.append(data.augment(data.batch(shard, index), size, noise, scale=scale))
        labels.append(shard.labels[index])
        sources.append(shard.sources[index])
    return (
        torch.cat(images),
        torch.from_numpy(np.concatenate(labels)),
        torch.from_numpy(np.concatenate(sources)),
    )


def masked(logits: torch.Tensor, sources: torch.Tensor, label_source: torch.Tensor) -> torch.Tensor:
    """Logits with every label of another source ruled out."""
    return logits.masked_fill(label_source[None, :] != sources[:, None], -1e4)


def loss_of(
    logits: torch.Tensor, labels: torch.Tensor, allowed: torch.Tensor, smoothing: float
) -> torch.Tensor:
    """Cross-entropy, its smoothing spread over the labels of the sample's own source."""
    log_p = F.log_softmax(logits, dim=1)
    hit = -log_p.gather(1, labels[:, None]).squeeze(1)
    spread = -(log_p * allowed).sum(1) / allowed.sum(1)
    return ((1 - smoothing) * hit + smoothing * spread).mean()


def disagreement(embedded: torch.Tensor) -> torch.Tensor:
    """VICReg of `(N, C)`, where every two neighbours are views of one image.

    Bardes, Ponce, LeCun, *VICReg* (2022): views agree, every number varies, numbers do not go
    together.
    """
    x = (embedded - embedded.mean(0)) / (embedded.std() + 1e-4)
    apart = (x[::2] - x[1::2]).square().mean()
    spread = F.relu(1 - x.std(0)).mean()
    covariance = x.T @ x / (len(x) - 1)
    beside = covariance - torch.diag(covariance.diagonal())
    return apart + spread + 0.04 * beside.square().sum() / x.shape[1]


@torch.no_grad()
def accuracy(model: Classifier, dataset: data.Dataset, size: int, most: int) -> dict[str, float]:
    """Top-1 by source on held-out images, centre view."""
    model.eval()
    label_source = torch.from_numpy(dataset.label_source)
    right = np.zeros(len(dataset.sources))
    seen = np.zeros(len(dataset.sources))
    for shard in dataset.shards:
        order = np.random.default_rng(0).permutation(len(shard.labels))[:most]
        for part in np.array_split(order, max(1, len(order) // 256)):
            images = F.interpolate(data.batch(shard, part), size=size, mode="area")
            sources = torch.from_numpy(shard.sources[part])
            guess = masked(model(images), sources, label_source).argmax(1).numpy()
            np.add.at(right, shard.sources[part], guess == shard.labels[part])
            np.add.at(seen, shard.sources[part], 1)
    model.train()
    return {name: float(right[i] / seen[i]) for i, name in enumerate(dataset.sources) if seen[i]}


def optimizers(
    model: Classifier, recipe: Recipe, dtype: torch.dtype
) -> list[torch.optim.Optimizer]:
    """Muon for the convolutions' matrices, AdamW for the rest."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "head" not in n]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or "head" in n]
    return [
        Muon(matrices, lr=recipe.muon_rate, weight_decay=recipe.muon_decay, dtype=dtype),
        torch.optim.AdamW(rest, lr=recipe.adam_rate, weight_decay=0.01),
    ]


def main() -> None:
    """Run or go on with a training."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--muon-rate", type=float, default=Recipe.muon_rate)
    parser.add_argument("--size", type=int, default=Recipe.size)
    parser.add_argument("--small", type=int, default=Recipe.small)
    parser.add_argument("--batch", type=int, default=Recipe.batch)
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any part of the recipe"
    )
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    recipe = Recipe(
        steps=args.steps,
        batch=args.batch,
        muon_rate=args.muon_rate,
        size=args.size,
        small=args.small,
    )
    recipe = changed(recipe, args.set)
    precision = resolve_precision(args.precision)
    torch.manual_seed(recipe.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    train = data.load(args.data, train=True, sides=SIDES)
    held = data.load(args.data, train=False, sides=SIDES)
    model = Classifier(len(train.labels), recipe.widths, recipe.pool, aside=recipe.aside > 0)
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    opts = optimizers(model, recipe, dtype)
    base = [[g["lr"] for g in opt.param_groups] for opt in opts]
    first = 0
    checkpoint = args.out / "checkpoint.pt"
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        for opt, saved in zip(opts, state["optimizers"], strict=True):
            opt.load_state_dict(saved)
        first = state["step"]
    label_source = torch.from_numpy(train.label_source)
    began, mean_loss = time.monotonic(), 0.0
    for step in range(first, recipe.steps):
        size = recipe.small if step < recipe.small_share * recipe.steps else recipe.size
        images, labels, sources = draw(train, recipe, size, step)
        for opt, rates in zip(opts, base, strict=True):
            for group, lr in zip(opt.param_groups, rates, strict=True):
                group["lr"] = lr * rate(step, recipe)
            opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            features = model.features(images)
            embedded = features[-1].mean(dim=(2, 3))
            every = [model.head(embedded), *model.beside(features)]
        allowed = (label_source[None, :] == sources[:, None]).float()
        losses = [
            loss_of(
                masked(logits.float(), sources, label_source), labels, allowed, recipe.smoothing
            )
            for logits in every
        ]
        loss = losses[0]
        if recipe.aside:
            loss = loss + recipe.aside * torch.stack(losses[1:]).mean()
        if recipe.alike:
            loss = loss + recipe.alike * disagreement(embedded.float())
        loss.backward()
        for opt in opts:
            opt.step()
        mean_loss += (loss.item() - mean_loss) / min(step - first + 1, 50)
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - began) / (step - first + 1)
            print(f"step {step + 1} loss {mean_loss:.3f} {pace:.2f} s/step", flush=True)
        if (step + 1) % args.every == 0 or step + 1 == recipe.steps:
            last = step + 1 == recipe.steps
            scores = accuracy(model, held, recipe.size, 10**6 if last else 1000)
            save(checkpoint, model, opts, step + 1, train, recipe, scores)
            log(args.out / "log.csv", step + 1, mean_loss, scores)


def save(
    path: Path,
    model: Classifier,
    opts: list[torch.optim.Optimizer],
    step: int,
    dataset: data.Dataset,
    recipe: Recipe,
    scores: dict[str, float],
) -> None:
    """Write a checkpoint whole, then put it in place of the last one."""
    state = {
        "model": model.state_dict(),
        "optimizers": [opt.state_dict() for opt in opts],
        "step": step,
        "labels": list(dataset.labels),
        "recipe": vars(recipe),
        "scores": scores,
    }
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    temporary.replace(path)


def log(path: Path, step: int, loss: float, scores: dict[str, float]) -> None:
    """Append one line to the curve and print it."""
    fresh = not path.exists()
    with path.open("a", newline="") as handle:
        writer = csv.writer(handle)
        if fresh:
            writer.writerow(["step", "loss", *scores])
        writer.writerow([step, f"{loss:.4f}", *(f"{v:.4f}" for v in scores.values())])
    print(step, {k: round(v, 3) for k, v in scores.items()}, flush=True)


if __name__ == "__main__":
    main()
