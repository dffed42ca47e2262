"""Places: a canvas painted with the paintings' own paint, block by block."""
