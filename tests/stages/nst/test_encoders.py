"""Encoders by name and by file: what is loaded, what is refused, and what the user is told."""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import re
import subprocess
import sys
import textwrap
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from stages.errors import TilebrushError, UsageError, WeightsError
from stages.nst import encoders, weights
from stages.nst.encoders import VGG16, VGG19

ROOT = Path(__file__).parents[3]
FIRST_CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
URL = "https://example.org/models/vgg19-{}.pth"


def constant(value: float, *shape: int) -> Tensor:
    """A tensor of one value that takes one number in a .pth file."""
    return torch.tensor(value).expand(*shape)


def torchvision_table() -> dict[str, Tensor]:
    """Weights of VGG-19 as torchvision names them; convolution i holds i / 1000 everywhere."""
    table, channels = {}, 3
    for number, layer in zip(FIRST_CONVOLUTIONS, VGG19.layers(), strict=True):
        shape = (layer.channels, channels, 3, 3)
        table[f"features.{number}.weight"] = constant(number / 1000, *shape)
        table[f"features.{number}.bias"] = constant(number / 1000, layer.channels)
        channels = layer.channels
    return table | {"classifier.0.weight": constant(0.0, 4096, 25088)}


def one_line(error: pytest.ExceptionInfo[TilebrushError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


# ---- bundled


def test_the_bundled_file_is_the_published_one() -> None:
    found = hashlib.sha256(encoders.BUNDLED_FILE.read_bytes()).hexdigest()
    assert found == encoders.BUNDLED_SHA256


def test_bundled_loads_and_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoders.load("bundled", note=print)
    assert encoder.fingerprint == encoders.BUNDLED_SHA256
    features = encoder(torch.rand(1, 3, 64, 64), ["relu1_1", "relu5_1"])
    assert features["relu1_1"].shape == (1, 16, 64, 64)
    assert features["relu5_1"].shape == (1, 256, 4, 4)
    assert all(torch.isfinite(f).all() and f.max() > 0 for f in features.values())


def test_a_changed_bundled_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = bytearray(encoders.BUNDLED_FILE.read_bytes())
    data[-1] ^= 1
    changed = tmp_path / "bundled.safetensors"
    changed.write_bytes(data)
    monkeypatch.setattr(encoders, "BUNDLED_FILE", changed)
    with pytest.raises(WeightsError, match="SHA-256") as caught:
        encoders.load("bundled", note=print)
    assert caught.value.exit_code == 12
    assert str(changed) in one_line(caught)


def test_a_missing_bundled_file_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(encoders, "BUNDLED_FILE", tmp_path / "bundled.safetensors")
    with pytest.raises(WeightsError, match="no such"):
        encoders.load("bundled", note=print)
    assert "missing" in encoders.describe()[0].weights


def test_bundled_needs_no_torchvision() -> None:
    code = """
        import sys
        from stages.nst import encoders
        encoders.load("bundled", note=print)
        print(sorted({"torchvision", "pyvips", "rich"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


# ---- names and files of one's own


def test_an_unknown_name_gets_a_hint() -> None:
    for name, near in (("vgg91", "vgg19"), ("bundeld", "bundled")):
        with pytest.raises(UsageError, match=f"did you mean '{near}'"):
            encoders.load(name, note=print)
    with pytest.raises(UsageError, match="bundled, vgg19, vgg16"):
        encoders.architecture("resnet")


def test_a_file_of_ones_own(tiny_encoder: Path) -> None:
    design = encoders.architecture(str(tiny_encoder))
    assert design.blocks == ((4,), (8, 8), (8,), (12,), (12,))
    assert design.content == (("relu4_1", 1.0),)
    encoder = encoders.load(str(tiny_encoder), note=print)
    assert encoder.fingerprint == hashlib.sha256(tiny_encoder.read_bytes()).hexdigest()
    assert encoder(torch.rand(1, 3, 32, 32), ["relu5_1"])["relu5_1"].shape == (1, 12, 2, 2)


def test_a_shallow_file_of_ones_own(tmp_path: Path) -> None:
    save_file({"x": torch.ones(1)}, tmp_path / "a.safetensors", {"blocks": "[[4], [8]]"})
    design = encoders.architecture(str(tmp_path / "a.safetensors"))
    assert dict(design.style) == {"relu1_1": 1.0, "relu2_1": 1.0}
    assert design.content == (("relu2_1", 1.0),)


@pytest.mark.parametrize(
    "metadata",
    [None, "", "{", "7", "[]", "[[]]", "[[4], []]", "[[4], 8]", '["ab"]', "[[0]]", "[[-4]]",
     json.dumps([[4]] * 10)],
)  # fmt: skip
def test_files_that_describe_no_encoder_are_refused(tmp_path: Path, metadata: str | None) -> None:
    path = tmp_path / "own.safetensors"
    save_file({"x": torch.ones(1)}, path, None if metadata is None else {"blocks": metadata})
    with pytest.raises(WeightsError, match=r"own\.safetensors.*blocks") as caught:
        encoders.load(str(path), note=print)
    one_line(caught)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    for call in (
        lambda: encoders.load(str(tmp_path / "none.safetensors"), note=print),
        lambda: encoders.load("vgg19", tmp_path / "none.pth", note=print),
    ):
        with pytest.raises(WeightsError, match="no such weights file") as caught:
            call()
        one_line(caught)


# ---- VGG from a file


def test_vgg19_from_a_torchvision_file(tmp_path: Path) -> None:
    path = tmp_path / "vgg19.pth"
    torch.save(torchvision_table(), path)
    encoder = encoders.load("vgg19", path, note=print)
    assert len(encoder.convolutions) == 13  # up to relu5_1
    for number, conv in list(zip(FIRST_CONVOLUTIONS, encoder.convolutions, strict=False))[1:]:
        assert conv.weight.unique().tolist() == pytest.approx([number / 1000])
        assert conv.bias.unique().tolist() == pytest.approx([number / 1000])
    assert encoder.convolutions[12].weight.unique().item() == pytest.approx(0.028)


def test_vgg19_from_a_wrapped_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "vgg19.pth"
    torch.save({"state_dict": torchvision_table()}, path)
    assert encoders.load("vgg19", path, note=print).convolutions[3].bias[0].item() == pytest.approx(
        0.007
    )


def test_vgg16_from_a_safetensors_file(tmp_path: Path) -> None:
    table, channels = {}, 3
    for index, layer in enumerate(VGG16.layers()[:11]):
        shape = (layer.channels, channels, 3, 3)
        table[f"{layer.name}.weight"] = torch.full(shape, index / 16, dtype=torch.float16)
        table[f"{layer.name}.bias"] = torch.full((layer.channels,), index / 16)
        channels = layer.channels
    save_file(table, tmp_path / "vgg16.safetensors")
    encoder = encoders.load("vgg16", tmp_path / "vgg16.safetensors", note=print)
    assert [conv.bias[0].item() for conv in encoder.convolutions][1:] == [
        index / 16 for index in range(1, 11)
    ]
    assert encoder.convolutions[10].weight.dtype == torch.float32


def test_weights_of_another_encoder_are_refused(tmp_path: Path, tiny_encoder: Path) -> None:
    with pytest.raises(WeightsError, match=r"vgg19: relu1_1\.weight should be 64x3x3x3") as caught:
        encoders.load("vgg19", tiny_encoder, note=print)
    one_line(caught)


class Harmful:
    """Pickled, it makes a file when it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return (_harm, (str(self.trace),))


def _harm(trace: str) -> None:
    Path(trace).touch()


@pytest.mark.parametrize(
    "save", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing))]
)
def test_no_code_is_run_from_a_weights_file(
    tmp_path: Path, save: Callable[[object, Path], object]
) -> None:
    path, trace = tmp_path / "vgg19.pth", tmp_path / "trace"
    save({"features.0.weight": Harmful(trace)}, path)
    with pytest.raises(WeightsError, match="cannot be read as weights") as caught:
        encoders.load("vgg19", path, note=print)
    one_line(caught)
    assert not trace.exists()


@pytest.mark.parametrize("content", [[1, 2], {"a": 3}, torch.ones(3)])
def test_files_that_are_no_table_of_tensors_are_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="no table of tensors"):
        weights.read(tmp_path / "w.pth")


def test_damaged_files_are_refused_in_one_line(tmp_path: Path, tiny_encoder: Path) -> None:
    dice = random.Random(0)
    table = {"a.weight": torch.ones(3)}
    for new in (True, False):
        torch.save(table, tmp_path / f"{new}.pth", _use_new_zipfile_serialization=new)
    originals = [tmp_path / "True.pth", tmp_path / "False.pth", tiny_encoder]
    refused = 0
    for _ in range(300):
        original = dice.choice(originals)
        data = bytearray(original.read_bytes())
        if dice.random() < 0.3:
            del data[dice.randrange(len(data)) :]
        else:
            for _ in range(3):
                data[dice.randrange(min(len(data), 600))] = dice.randrange(256)
        path = tmp_path / f"damaged{original.suffix}"
        path.write_bytes(data)
        try:
            weights.read(path)
        except WeightsError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 200


# ---- downloads


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of downloads; torchvision is not asked for the address."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(encoders, "_torchvision_url", lambda _: URL.format("0123abcd"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def test_offline_the_user_is_told_how_to_go_on(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    notes: list[str] = []
    with pytest.raises(WeightsError) as caught:
        encoders.load("vgg19", note=notes.append)
    text = one_line(caught)
    assert caught.value.exit_code == 12
    for part in ("no network", URL.format("0123abcd"), "--weights FILE", "--encoder bundled"):
        assert part in text
    assert len(notes) == 1 and "vgg19" in notes[0] and "MB" in notes[0]


def test_a_download_is_checked_and_done_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"weights"
    digits = hashlib.sha256(data).hexdigest()[:8]
    fetched = []

    def fetch(url: str, target: str, hash_prefix: str, progress: bool) -> None:
        fetched.append((url, hash_prefix))
        Path(target).write_bytes(data)

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    monkeypatch.setattr(encoders, "_torchvision_url", lambda _: URL.format(digits))
    notes: list[str] = []
    for _ in range(2):
        path = encoders.weights_path("vgg19", note=notes.append)
        assert path == cache / f"vgg19-{digits}.pth"
    assert fetched == [(URL.format(digits), digits)]
    assert len(notes) == 1
    assert str(path) in {one.weights for one in encoders.describe()}


def test_a_changed_download_is_refused(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "vgg19-0123abcd.pth").write_bytes(b"something else")
    with pytest.raises(WeightsError, match="SHA-256") as caught:
        encoders.load("vgg19", note=print)
    assert "delete it" in one_line(caught)


def test_without_torchvision_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torchvision", "torchvision.models"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(WeightsError, match=r"needs torchvision.*--weights FILE") as caught:
        encoders.load("vgg16", note=print)
    one_line(caught)


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_torchvisions_address_names_the_checksum(name: str) -> None:
    pytest.importorskip("torchvision", exc_type=ImportError)
    assert re.search(rf"/{name}-[0-9a-f]{{8}}\.pth$", encoders._torchvision_url(name))


def test_the_named_encoders_are_described() -> None:
    found = {one.name: one for one in encoders.describe()}
    assert list(found) == ["bundled", "vgg19", "vgg16"]
    assert found["vgg19"].multiply_adds_per_px == 361_152
    assert found["vgg19"].halo_px == 70
    assert found["bundled"].weights == "in the package"
    assert "--weights" in found["vgg16"].weights
