"""Kinds of change, and the other short lists that records choose from: codes, not words."""

KINDS = (
    "construction",
    "built_up",
    "demolition",
    "flooding",
    "flood_recession",
    "water_gain",
    "water_loss",
    "clearing",
    "perimeter_change",
    "other",
)
"""Kinds of change, in the order in which they are shown."""

CONFIDENCES = ("low", "medium", "high")
POSITIONS = ("inside", "within_error", "outside")
"""Where most of a region lies: inside the outline, outside but within its stated error, or beyond;
a part of it may cross the edge."""
OUTCOMES = ("changed", "unchanged", "not_seen")
