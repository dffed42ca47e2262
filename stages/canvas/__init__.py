"""The canvas: image files in and out, sizes, blending and print files. Owner of libvips."""

from stages.canvas import palette
from stages.canvas._vips import VERSION as LIBVIPS_VERSION
from stages.canvas.deepzoom import OVERLAP as PIECE_OVERLAP
from stages.canvas.deepzoom import TILE as PIECE
from stages.canvas.deepzoom import Pyramid, pyramid_of, write_pyramid
from stages.canvas.export import difference, preview
from stages.canvas.feathering import blend, weights
from stages.canvas.files import read, size_of, write, write_bands
from stages.canvas.ground import Tooth, roughened
from stages.canvas.inputs.decode import (
    Facts,
    check,
    inspect,
    prepare_mask,
    prepare_photo,
    prepare_style,
)
from stages.canvas.picture import check_suffix, write_array, write_image
from stages.canvas.printed.cropping import picture_crop
from stages.canvas.printed.formats import PrintFormat, jpeg_possible, write_jpeg, write_tiff
from stages.canvas.resample import resize, resized
from stages.canvas.strokes import Strokes

__all__ = [
    "LIBVIPS_VERSION",
    "PIECE",
    "PIECE_OVERLAP",
    "Facts",
    "PrintFormat",
    "Pyramid",
    "Strokes",
    "Tooth",
    "blend",
    "check",
    "check_suffix",
    "difference",
    "inspect",
    "jpeg_possible",
    "prepare_mask",
    "prepare_photo",
    "prepare_style",
    "palette",
    "picture_crop",
    "preview",
    "pyramid_of",
    "read",
    "resize",
    "resized",
    "roughened",
    "size_of",
    "weights",
    "write",
    "write_array",
    "write_bands",
    "write_image",
    "write_jpeg",
    "write_pyramid",
    "write_tiff",
]
