"""English: reports and bulletins."""

PHRASES: dict[str, str] = {}
"""By a name of its own, a format string."""
