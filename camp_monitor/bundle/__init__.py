"""Bundles: what is known of an event, in one folder that a stranger can verify."""
