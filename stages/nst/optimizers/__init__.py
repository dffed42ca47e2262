"""Optimizers as published methods have them; one module for each."""
