"""What was looked at and what was found: the values, the ledger that keeps them, their export."""
