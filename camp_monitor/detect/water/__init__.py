"""Open water on one date, and floods and lasting change of water between two."""
