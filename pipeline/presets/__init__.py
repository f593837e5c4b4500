"""Presets and LUTs of other programs, read and written. Files are untrusted."""
