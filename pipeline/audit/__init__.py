"""The audit of a finished data set: verify, release, replay, realism, card, pictures."""
