"""Settlements, and years over many places, painted with known truth: they only measure."""
