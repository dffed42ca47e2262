"""Comparisons: a matrix of display pictures as one run, with its table, sheet and page."""
