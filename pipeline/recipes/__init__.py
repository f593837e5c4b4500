"""The choice of each pair's recipe: drawn from a Gaussian, or taken from an expert bank or a style."""
