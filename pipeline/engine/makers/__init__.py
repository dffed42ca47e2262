"""How each output is made, from the files and settings that its row in the table names.

Stages are imported in here, when something is made: they bring torch, which `status` and `plan` do
without.
"""
