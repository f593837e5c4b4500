"""The audit before a release: what is counted shard by shard, the checks that may block, and their report."""
