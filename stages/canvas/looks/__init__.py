"""Pictures judged: texture and colours, in numbers."""
