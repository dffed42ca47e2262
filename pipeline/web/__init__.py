"""Pages served to this computer alone: a run to look at, and the studio."""
