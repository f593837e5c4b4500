"""Sources: listed, inspected, freed of near-duplicates and assigned to splits."""
