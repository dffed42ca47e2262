"""What each command does, one module for each, and what they return."""
