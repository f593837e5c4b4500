"""Rewriting a pair's words by a VLM: what it is asked, which of its answers are used, and what becomes of the rest."""
