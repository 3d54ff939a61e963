"""The demo: one painted valley with a prison in it, and its truth."""
