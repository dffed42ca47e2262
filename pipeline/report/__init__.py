"""The page of a run: what it shows, and its files in report/."""
