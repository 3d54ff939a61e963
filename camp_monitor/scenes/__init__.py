"""Scenes: sensors, files, the catalogue, and reading them onto a grid with quality flags."""
