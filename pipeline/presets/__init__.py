"""Presets and LUTs of other programs as styles, and recipes as presets for other programs. Files are untrusted."""
