"""Claims of others, set against what images show."""
