"""Zones: which painting has which part of the picture."""
