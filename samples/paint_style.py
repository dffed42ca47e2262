"""Paint ``style.jpg``, the sample style: a sun setting over rolling fields, in oils.

The picture is painted the way a painter works. A *scene* gives every place a flow direction, a
region and a tone. Layers of brush strokes, from broad underpainting to fine top strokes, then
follow the flow. A stroke is a circular arc onto which a brush print is bent; the print carries
three channels: how much paint the bristles leave, how high it stands, and how its colour
streaks. Colour and paint height build up together, and a light from the upper left turns the
height into visible impasto.

With one version of numpy and OpenCV the result depends on the size and the seed only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from painter.canvas import light_canvas, paint_layer, prime_canvas
from painter.scene import compose_scene
from painter.strokes import LAYERS

MAX_BYTES = 2_500_000  # sample images have to stay small enough for the repository


def paint(width: int, height: int, seed: int) -> npt.NDArray[np.uint8]:
    """Return the finished painting as 8-bit RGB."""
    rng = np.random.default_rng(seed)
    scene = compose_scene(width, height, rng)
    canvas = prime_canvas(width, height, scene, rng)
    for layer in LAYERS:
        paint_layer(canvas, scene, layer, rng)
    return np.asarray(np.rint(light_canvas(canvas) * 255), np.uint8)


def encode_jpeg(picture: npt.NDArray[np.uint8], max_bytes: int) -> bytes:
    """Return the picture as the best JPEG of at most ``max_bytes``."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    for quality in range(95, 40, -1):
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= max_bytes:
            return data
    raise ValueError(f"the picture does not fit into {max_bytes} bytes")


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height from ``WxH``."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH, as in 2880x2160") from None
    if min(width, height) < 64:
        raise argparse.ArgumentTypeError(f"{text}: a side is shorter than 64 pixels")
    return width, height


def main() -> None:
    """Paint the picture that the command line asks for."""
    parser = argparse.ArgumentParser(description="Paint the sample style.")
    default = Path(__file__).with_name("style.jpg")
    parser.add_argument("-o", "--output", type=Path, default=default, help="JPEG file to write")
    parser.add_argument(
        "--size", type=parse_size, default=(2880, 2160), metavar="WxH", help="pixels"
    )
    parser.add_argument("--seed", type=int, default=7, help="another seed, another painting")
    args = parser.parse_args()
    cv2.setNumThreads(1)  # the strokes are small: threads would only add overhead
    width, height = args.size
    args.output.write_bytes(encode_jpeg(paint(width, height, args.seed), MAX_BYTES))


if __name__ == "__main__":
    main()
