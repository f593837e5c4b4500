"""Files to pixels and back: decoders of source photos, and the codec of stored pictures."""
