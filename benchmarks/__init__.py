"""Measurements of speed and quality; each script says how it is run."""
