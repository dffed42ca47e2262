"""The options that several commands share, as dataclasses that commands take as one parameter.

`expanding.expanded` gives Typer a function whose parameters are the fields of those dataclasses.
"""
