"""Scorers: pyiqa metrics and CLIP similarities of pairs."""
