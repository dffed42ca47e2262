"""The engine: the table of outputs, their keys, and the worker that makes them."""
