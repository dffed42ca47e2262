"""Settings that belong together, as the rows of the table name them.

Written out: the command line reads the table and does without the schema, which takes long to
import. A test holds them equal to it.
"""

from __future__ import annotations


def _of(section: str, names: str) -> tuple[str, ...]:
    return tuple(f"{section}.{name}" for name in names.split())


LAYERS = _of("losses", "style_layers layer_weights layering layer_ratio content_layers")
NETWORK = _of("network", "made_for input stand_in pooling pooling_gain odd padding")
COMPUTED = ("encoder.name", "run.device", "run.precision", "run.threads", *NETWORK, *LAYERS)
LOSS = (
    *_of("style", "weight smooth_weight statistics"),
    *_of(
        "losses",
        "style norm spread content variation range_weight query_photo splitting patches "
        "patch_layers patch_size histogram sliced",
    ),
)
OLD_OPTIMIZER = _of("optimizer", "name history rate step")
NEW_OPTIMIZER = _of(
    "optimizer",
    "evaluations schedule decay decay_steps beta1 beta2 epsilon epsilon_to white brush keep "
    "average clip",
)
OPTIMIZER = (*OLD_OPTIMIZER, *NEW_OPTIMIZER)
START = _of("start", "kind ground photo noise amount")
RESIZING = ("display.resize", "display.ends")
PAINTINGS = (*_of("style", "weights scale scales fit"),)
PAINT = ("paint.copies", "paint.tone", "run.seed")
FORMAT = (
    *("print.dpi", "print.bits", "print.jpeg_quality", "print.compression", "print.profile"),
    *("print.metadata", "print.title", "print.name", "run.seed"),
)

# What only recipes choose. At their defaults these count for nothing in a key: the keys of runs
# from before there were recipes hold.
CHOSEN = {
    *(*NETWORK, *LAYERS, *NEW_OPTIMIZER, *START, *RESIZING, "style.fit"),
    *(key for key in LOSS if key.startswith("losses.")),
}
