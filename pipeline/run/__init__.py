"""The run directory: its layout, records, manifest and atomic writes."""
