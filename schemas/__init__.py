"""Typed records: configs, recipes, plans, manifest rows, commit records."""
