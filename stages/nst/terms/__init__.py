"""Losses as published methods have them, each with its constants; one module for each idea."""
