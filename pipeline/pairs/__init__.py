"""One source's pairs: draft, measure, describe, score, gate."""
