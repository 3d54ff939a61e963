"""Many facilities, many dates: what is due, who computes it, what was not seen, who is told."""
