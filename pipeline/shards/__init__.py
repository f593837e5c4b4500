"""Shards: their plan, their content, their commit, and the fingerprint of what decides their bytes."""
