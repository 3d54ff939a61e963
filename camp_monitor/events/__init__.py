"""Findings of one thing, over many dates, joined into events."""
