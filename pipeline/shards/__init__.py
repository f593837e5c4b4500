"""Shards: their plan, content and commit, and the fingerprint of everything that decides their bytes."""
