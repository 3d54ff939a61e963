"""The annotated map of a facility, and the overview of all: one HTML file each."""
