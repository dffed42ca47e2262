"""This computer: memory, disk, cores, energy, hours."""
