"""Watching many places for years: what is due, what was missed, and who is told."""
