"""Making the pairs of one source: draft, measure, describe, score, gate."""
