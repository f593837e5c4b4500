"""Sources: listing, inspection, removal of near-duplicates, and assignment to splits."""
