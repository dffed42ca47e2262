"""The settings: their schema, reading and writing them, units."""
