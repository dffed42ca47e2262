"""What the user sees: messages, progress, results. The one owner of Rich."""
