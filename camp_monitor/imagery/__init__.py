"""Scenes: where they are kept, how they are read, and when two of them can be compared."""
