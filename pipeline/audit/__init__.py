"""Looking at a finished data set: verify, replay, realism, card, pictures."""
