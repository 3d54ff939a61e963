"""Pairs: which dates are compared, when two scenes may be, and on what brightness."""
