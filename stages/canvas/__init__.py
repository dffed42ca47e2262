"""The canvas: image files in and out, sizes, blending and print files. Owner of libvips."""

from stages.canvas import palette
from stages.canvas._vips import VERSION as LIBVIPS_VERSION
from stages.canvas.apart import Apart, beside, measured
from stages.canvas.deepzoom import OVERLAP as PIECE_OVERLAP
from stages.canvas.deepzoom import TILE as PIECE
from stages.canvas.deepzoom import Pyramid, pyramid_of, write_pyramid
from stages.canvas.export import difference, preview
from stages.canvas.feathering import blend, weights
from stages.canvas.files import read, size_of, write, write_bands
from stages.canvas.ground import Tooth, roughened
from stages.canvas.inputs.credits import Credits, credits
from stages.canvas.inputs.decode import (
    check,
    count_labels,
    prepare_map,
    prepare_mask,
    prepare_photo,
    prepare_style,
    prepare_style_map,
    prepare_style_mask,
)
from stages.canvas.inputs.header import Facts, inspect
from stages.canvas.inputs.labels import MOST as MOST_LABELS
from stages.canvas.picture import check_suffix, write_array, write_image
from stages.canvas.printed.cropping import picture_crop
from stages.canvas.printed.formats import (
    JPEG_MOST_SIDE,
    PrintFormat,
    jpeg_possible,
    write_archive,
    write_jpeg,
    write_png,
    write_tiff,
)
from stages.canvas.printed.metadata import Metadata
from stages.canvas.printed.profiles import check as check_profile
from stages.canvas.printed.profiles import outside_share
from stages.canvas.printed.proofing import write_soft_proof
from stages.canvas.resample import resize, resized
from stages.canvas.strokes import Strokes

__all__ = [
    "JPEG_MOST_SIDE",
    "LIBVIPS_VERSION",
    "MOST_LABELS",
    "PIECE",
    "PIECE_OVERLAP",
    "Apart",
    "Credits",
    "Facts",
    "Metadata",
    "PrintFormat",
    "Pyramid",
    "Strokes",
    "Tooth",
    "beside",
    "blend",
    "check",
    "check_profile",
    "check_suffix",
    "count_labels",
    "credits",
    "difference",
    "inspect",
    "jpeg_possible",
    "measured",
    "prepare_map",
    "prepare_mask",
    "outside_share",
    "prepare_photo",
    "prepare_style",
    "prepare_style_map",
    "prepare_style_mask",
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
    "write_archive",
    "write_png",
    "write_soft_proof",
    "write_tiff",
]
