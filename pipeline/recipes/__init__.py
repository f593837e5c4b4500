"""Which recipe a pair gets: drawn from a Gaussian, taken from an expert bank, or that of a style."""
