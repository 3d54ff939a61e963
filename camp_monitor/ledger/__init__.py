"""The ledger: records in one file that only grows, chained by hashes."""
