"""English: what maps, figures, tables and messages say round the records."""

PHRASES: dict[str, str] = {}
"""By a name of its own, a format string."""
