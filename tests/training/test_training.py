"""The parts of the training program, on data made here."""

from __future__ import annotations

import csv
import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stages.nst import encoders
from stages.nst.pooling import binomial
from training import data, export, train
from training.muon import Muon, orthogonalise
from training.network import MEAN, STD, Classifier
from training.train import Recipe

WIDTHS = ((4,), (6, 6), (8, 8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: `kinds` with two labels, `works` with one; a fifth is held out."""
    rng = np.random.default_rng(0)
    rows = []
    for shard, source, labels in (("tiny", "kinds", ["a", "b"]), ("paintings", "works", ["a"])):
        with tarfile.open(tmp_path / f"{shard}.tar", "w") as tar:
            for i in range(10):
                name, label = f"{i}.png", labels[i % len(labels)]
                tint = 60 if label == "a" else 180
                pixels = rng.integers(tint, tint + 60, (40, 50, 3), dtype=np.uint8)
                blob = cv2.imencode(".png", pixels)[1].tobytes()
                entry = tarfile.TarInfo(name)
                entry.size = len(blob)
                tar.addfile(entry, io.BytesIO(blob))
                split = "val" if i >= 8 else "train"
                rows.append([shard, name, source, source, label, split, 50, 40])
    with (tmp_path / "index.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["shard", "name", "set", "source", "label", "split", "width", "height"])
        writer.writerows(rows)
    return tmp_path


def dataset(folder: Path, *, held: bool = False) -> data.Dataset:
    return data.load(folder, train=not held, sides=train.SIDES)


def test_data_are_read_by_split_and_source(folder: Path) -> None:
    found, held = dataset(folder), dataset(folder, held=True)
    assert len(found) == 16 and len(held) == 4
    assert found.labels == ("kinds/a", "kinds/b", "works/a")
    assert found.label_source.tolist() == [0, 0, 1]
    assert {shard.images.shape[1:] for shard in found.shards} == {(64, 64, 3), (128, 128, 3)}


def test_a_step_draws_the_same_batch_always(folder: Path) -> None:
    found = dataset(folder)
    recipe = Recipe(batch=6)
    one, again, other = (train.draw(found, recipe, 32, step) for step in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one[0], other[0])
    images, labels, sources = one
    assert images.shape == (6, 3, 32, 32) and images.min() >= 0 and images.max() <= 1
    assert torch.equal(torch.from_numpy(found.label_source)[labels], sources)


def test_a_recipe_is_changed_by_name() -> None:
    recipe = train.changed(Recipe(), ["widths=((8,), (16, 16))", "alike=1", "pool=2"])
    assert (recipe.widths, recipe.alike, recipe.pool) == (((8,), (16, 16)), 1.0, 2)
    for wrong in ("width=3", "pool='4'", "steps=1.5"):
        with pytest.raises(ValueError):
            train.changed(Recipe(), [wrong])


def test_two_views_of_an_image_come_together(folder: Path) -> None:
    _, labels, _ = train.draw(dataset(folder), Recipe(batch=8, alike=1.0), 32, 0)
    assert len(labels) % 2 == 0
    assert torch.equal(labels[::2], labels[1::2])


def test_views_that_agree_disagree_less() -> None:
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(32, 8, generator=generator)
    same = torch.stack([one, one], 1).flatten(0, 1)
    other = torch.stack([one, one.roll(1, 0)], 1).flatten(0, 1)
    assert float(train.disagreement(same)) < float(train.disagreement(other))
    assert float(train.disagreement(same * 0)) > float(train.disagreement(same))


def test_turning_takes_away_the_preference_for_level_edges() -> None:
    bars = ((torch.arange(64) // 4) % 2).float().view(1, 1, 64, 1).expand(64, 3, 64, 64)
    made = data.augment(bars, 48, torch.Generator().manual_seed(0), scale=(0.6, 1.0))
    down = made.diff(dim=2)[..., :-1].square().mean()
    across = made.diff(dim=3)[..., :-1, :].square().mean()
    assert 0.1 < float(across / down) < 1


def test_labels_compete_within_their_source_only() -> None:
    label_source = torch.tensor([0, 0, 1])
    sources = torch.tensor([0, 1])
    logits = train.masked(torch.tensor([[0.0, 1, 99], [99, 99, 0]]), sources, label_source)
    assert logits.argmax(1).tolist() == [1, 2]
    allowed = (label_source[None] == sources[:, None]).float()
    right = train.loss_of(logits, torch.tensor([1, 2]), allowed, 0.0)
    wanted = F.cross_entropy(torch.tensor([[0.0, 1.0]]), torch.tensor([1])) / 2
    assert float(right) == pytest.approx(float(wanted), rel=1e-5)


def test_the_rate_rises_stays_and_falls() -> None:
    recipe = Recipe(steps=1000, warmup=100, decay_share=0.4)
    rates = [train.rate(step, recipe) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01) and rates[100] == rates[600] == 1.0
    assert rates[-1] < 0.01 and rates[800] == pytest.approx(0.5)


def test_orthogonalised_matrices_have_like_singular_values() -> None:
    matrix = torch.randn(12, 30, generator=torch.Generator().manual_seed(1))
    for one in (matrix, matrix.T):
        values = torch.linalg.svdvals(orthogonalise(one, torch.float32))
        assert values.min() > 0.5 and values.max() < 1.3


def test_muon_goes_down() -> None:
    weight = torch.nn.Parameter(torch.zeros(6, 8))
    goal = torch.randn(6, 8, generator=torch.Generator().manual_seed(2))
    search = Muon([weight], lr=0.05)
    for _ in range(60):
        search.zero_grad()
        loss = (weight - goal).square().mean()
        loss.backward()
        search.step()
    assert loss.item() < 0.3 * float(goal.square().mean())


def test_export_computes_what_the_network_computes() -> None:
    """Folded and rescaled, every channel is a multiple of the trained one, with a mean of one.

    Away from the border: there the tool pads with black, the training with the mean colour.
    """
    torch.manual_seed(0)
    model = Classifier(3, WIDTHS)
    images = torch.rand(8, 3, 64, 64)
    for _ in range(5):
        model(images)  # gives the batch norms something to have seen
    model.eval()
    table = export.normalised(export.folded(model), images)
    design = encoders.Architecture("t", WIDTHS, MEAN, STD, (("relu3_2", 1.0),), (), pool=4)
    found = encoders.Encoder(design, table)(images, ["relu1_1", "relu3_2"])
    x = (images - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)
    with torch.no_grad():
        trained = {"relu1_1": model.blocks[0][0](x)}
        x = binomial(trained["relu1_1"])
        x = binomial(model.blocks[1][1](model.blocks[1][0](x)))
        trained["relu3_2"] = model.blocks[2][1](model.blocks[2][0](x))
    means = found["relu1_1"][..., 5:-5, 5:-5].mean(dim=(0, 2, 3))
    assert means[means > 0].sub(1).abs().max() < 0.1
    for name, feature in found.items():
        ours, theirs = (f[..., 5:-5, 5:-5] for f in (feature, trained[name]))
        for channel in range(ours.shape[1]):
            a, b = ours[:, channel].flatten(), theirs[:, channel].flatten()
            if float(b.max()) > 0.1:
                assert torch.cosine_similarity(a, b, dim=0) > 0.9999


@pytest.mark.parametrize(
    "changes",
    [[], ["--set", "aside=0.5", "--set", "alike=1", "--set", "widths=((4,), (6, 6), (8,))"]],
)
def test_a_short_training_resumes_and_exports(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[str]
) -> None:
    out = tmp_path / "out"
    command = ["train", str(folder), "--out", str(out), "--precision", "float32"]
    sizes = ["--size", "32", "--small", "32", "--batch", "4", *changes]
    for steps, more in (("2", []), ("3", ["--resume"])):
        monkeypatch.setattr("sys.argv", [*command, *sizes, "--steps", steps, *more])
        train.main()
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    assert state["step"] == 3 and set(state["scores"]) == {"kinds", "works"}
    assert len((out / "log.csv").read_text().splitlines()) == 3
