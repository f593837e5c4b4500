"""The audit of a finished data set: verify, replay, realism, card, pictures."""
