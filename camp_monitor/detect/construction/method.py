"""The number of the method for construction, and the pixel sizes that part its ways."""

METHOD = "construction/5"
FINE_UNDER_M = 3.0
"""Smaller pixels than this show roofs and blocks; see `fine`."""
STRUCTURE_UP_TO_M = 12.0
"""Buildings have corners in pixels up to this size."""
