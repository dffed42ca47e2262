"""One window: what it is restyled to, its loss, and how its pixels are moved."""
