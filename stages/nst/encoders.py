"""The encoders by name: `bundled`, `vgg19`, `vgg16`, or a file of one's own."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from stages.errors import UsageError, WeightsError
from stages.nst import weights
from stages.nst.network import Architecture, Encoder
from stages.nst.published.inputs import INPUTS, turned
from stages.nst.published.layering import layered
from stages.nst.published.use import Use

BUNDLED_FILE = Path(__file__).parent / "data" / "bundled.safetensors"
BUNDLED_SHA256 = "31ca29128618ab1fd33ce97754763a7396bdb2a18809825f2fb7b9a5c5724c9b"

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_VGG_STYLE = tuple((f"relu{b}_1", 1.0) for b in range(1, 6))
# Tried on four pairs (docs/encoder.md): twice the deep layers' weight gives larger strokes, content
# of relu3_2 beside relu4_1 keeps a fifth more of the photo's edges at the same coherence.
_STYLE = (*_VGG_STYLE[:3], ("relu4_1", 2.0), ("relu5_1", 2.0))
_CONTENT = (("relu3_2", 0.5), ("relu4_1", 0.5))

BUNDLED = Architecture(
    name="bundled",
    blocks=((16,), (48, 48), (128, 128), (256, 256), (256,)),
    mean=_IMAGENET_MEAN,
    std=_IMAGENET_STD,
    style=_STYLE,
    content=_CONTENT,
    content_gain=0.05,
    pool=4,
)
VGG19 = Architecture(
    name="vgg19",
    blocks=((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,) * 4),
    mean=_IMAGENET_MEAN,
    std=_IMAGENET_STD,
    style=_VGG_STYLE,
    content=(("relu4_2", 1.0),),
    content_gain=0.05,
)
VGG16 = Architecture(
    name="vgg16",
    blocks=((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3),
    mean=_IMAGENET_MEAN,
    std=_IMAGENET_STD,
    style=_VGG_STYLE,
    content=(("relu4_2", 1.0),),
    content_gain=0.05,
)
# First digits of the SHA-256 of torchvision's files, as their names have them.
_TORCHVISIONS = ("dcbb9e9d", "397923af")
ARCHITECTURES = {a.name: a for a in (BUNDLED, VGG19, VGG16)}


@dataclass(frozen=True)
class Description:
    """One encoder as `tilebrush encoders` lists it."""

    name: str
    layers: int
    multiply_adds_per_px: int
    halo_px: int
    weights: str


def architecture(name: str) -> Architecture:
    """The architecture of a named encoder or of a .safetensors file of one's own.

    Raises:
        UsageError: unknown name.
        WeightsError: a file that does not describe an encoder.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    path = Path(name)
    if path.suffix == ".safetensors":
        _, metadata = weights.read(path)
        return _described(path, metadata)
    near = difflib.get_close_matches(name, ARCHITECTURES, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "or give a .safetensors file"
    raise UsageError(f"unknown encoder {name!r}; there are {', '.join(ARCHITECTURES)}; {hint}")


def _described(path: Path, metadata: Mapping[str, str]) -> Architecture:
    blocks = weights.metadata_json(metadata, "blocks", path)
    try:
        widths = tuple(tuple(int(width) for width in block) for block in blocks)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as e:
        raise WeightsError(f"{path}: 'blocks' must be lists of widths") from e
    if not 1 <= len(widths) <= 9 or not all(block and min(block) > 0 for block in widths):
        raise WeightsError(f"{path}: 'blocks' must be 1 to 9 lists of widths above 0")
    pool = weights.metadata_json(metadata, "pool", path) if "pool" in metadata else 2
    if not isinstance(pool, int) or pool not in (2, 4):
        raise WeightsError(f"{path}: 'pool' must be 2 or 4")
    names = {f"relu{b}_{c}" for b, block in enumerate(widths, 1) for c in range(1, len(block) + 1)}
    style = tuple(pair for pair in _STYLE if pair[0] in names)
    held = tuple(pair for pair in _CONTENT if pair[0] in names) or ((style[-1][0], 1.0),)
    content = tuple((layer, share / sum(s for _, s in held)) for layer, share in held)
    return Architecture(
        path.stem,
        widths,
        _IMAGENET_MEAN,
        _IMAGENET_STD,
        style,
        content,
        content_gain=0.05,
        pool=pool,
    )


def weights_path(
    name: str, weights_file: Path | None = None, *, note: Callable[[str], None]
) -> Path:
    """The file that holds an encoder's weights; those of vgg16 and vgg19 are fetched if need be.

    `note` is told of a download before it starts.

    Raises:
        UsageError: unknown name.
        WeightsError: the file is missing or not the published one.
    """
    architecture(name)
    if weights_file is not None:
        path = weights_file
    elif name == "bundled":
        path = BUNDLED_FILE
        if path.is_file():
            weights.check(path, BUNDLED_SHA256)
    elif name in ARCHITECTURES:
        path = _downloaded(name, note)
    else:
        path = Path(name)
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file; give a .safetensors or .pth file")
    return path


def load(
    name: str,
    weights_file: Path | None = None,
    *,
    note: Callable[[str], None],
    use: Use = Use(),  # noqa: B008
) -> Encoder:
    """An encoder with its weights; its `fingerprint` is the SHA-256 of their file.

    Its layers and what it is shown are as `use` says. `note` is told of a download before it
    starts.

    Raises:
        UsageError: unknown name.
        WeightsError: weights missing, damaged, or of another shape.
    """
    path = weights_path(name, weights_file, note=note)
    design, digits = layered(architecture(name), use.layering), weights.sha256(path)
    table = _named(design, weights.read(path)[0])
    if use.input != "own":
        shown = INPUTS[use.input]
        if shown.from_blue and digits.startswith(_TORCHVISIONS):
            raise WeightsError(
                f"{path} has torchvision's weights, the recipe's constants are for those of Caffe; "
                "name such a file, or leave --weights out: then these stand in"
            )
        design = replace(design, mean=shown.mean, std=shown.std)
        table = turned(table, shown)
    encoder = Encoder(design, table)
    encoder.fingerprint = digits
    return encoder


def _named(design: Architecture, table: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename torchvision's `features.N.weight` and Gatys' `convB_C.weight` to `reluB_C.weight`.

    Johnson's files of Caffe's weights have torchvision's names. Other tables pass through.
    """
    if "conv1_1.weight" in table:
        return {key.replace("conv", "relu", 1): value for key, value in table.items()}
    if not any(key.startswith("features.") for key in table):
        return table
    renamed, position, block = {}, 0, "1"
    for layer in design.layers():
        if layer.name[4] != block:
            block = layer.name[4]
            position += 1  # the pooling
        for part in ("weight", "bias"):
            key = f"features.{position}.{part}"
            if key in table:
                renamed[f"{layer.name}.{part}"] = table[key]
        position += 2  # convolution and ReLU
    return renamed


def _cache_folder() -> Path:
    """Where torch keeps downloaded weights."""
    home = os.environ.get("TORCH_HOME") or Path.home() / ".cache" / "torch"
    return Path(home) / "hub" / "checkpoints"


def _torchvision_url(name: str) -> str:
    try:
        from torchvision.models import VGG16_Weights, VGG19_Weights
    except (ImportError, RuntimeError) as e:
        raise WeightsError(
            f"{name} needs torchvision, which cannot be imported here ({e}); "
            "install torchvision, or give --weights FILE"
        ) from e
    enum = VGG19_Weights if name == "vgg19" else VGG16_Weights
    return str(enum.IMAGENET1K_V1.url)


def _downloaded(name: str, note: Callable[[str], None]) -> Path:
    """The weights file in torch's cache, fetched on first use and checked by its SHA-256."""
    url = _torchvision_url(name)
    path = _cache_folder() / url.rsplit("/", 1)[-1]
    digits = path.stem.rsplit("-", 1)[-1]  # torchvision puts the first digits into the name
    if not path.is_file():
        note(f"fetching the weights of {name} (about 550 MB, once) into {path.parent}")
        _fetch(name, url, path, digits)
    weights.check(path, digits)
    return path


def _fetch(name: str, url: str, path: Path, digits: str) -> None:
    from torch.hub import download_url_to_file

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Its bar would be drawn whatever the user has asked for; `note` has told of it.
        download_url_to_file(url, str(path), hash_prefix=digits, progress=False)
    except (OSError, RuntimeError) as e:
        raise WeightsError(
            f"the weights of {name} are not here and cannot be fetched ({e}); get "
            f"{path.name} from {url} on any computer and give it with --weights FILE, "
            "or use --encoder bundled"
        ) from e


def describe() -> list[Description]:
    """The named encoders and where their weights are."""
    found = []
    for design in ARCHITECTURES.values():
        if design.name == "bundled":
            state = "in the package" if BUNDLED_FILE.is_file() else "missing: install again"
        else:
            cached = sorted(_cache_folder().glob(f"{design.name}-*.pth"))
            state = str(cached[0]) if cached else "fetched on first use, or --weights FILE"
        found.append(
            Description(
                design.name, len(design.layers()), round(design.work()), design.halo(), state
            )
        )
    return found
