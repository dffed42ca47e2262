"""Plans: levels and grids, what they take, and settings made exact."""
