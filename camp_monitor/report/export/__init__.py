"""Findings as tables and as files for other programs."""
