"""The print as files: quantised once, with what lies around the picture, and pictures of it."""
