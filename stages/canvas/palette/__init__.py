"""The photo's colours moved to the paintings': one smooth map from colour to colour."""

from stages.canvas.palette.mapping import Painting, Palette, directions, fit
from stages.canvas.palette.toning import NONE, Toning, load, save

__all__ = ["NONE", "Painting", "Palette", "Toning", "directions", "fit", "load", "save"]
