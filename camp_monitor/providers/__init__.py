"""Providers of images: searching their catalogues and fetching from them; the only door out."""
