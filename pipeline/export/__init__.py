"""Export of finished data sets for other trainers."""
