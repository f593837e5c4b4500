"""What is measured of a pair, the claims that its words may make, and the gates that accept or reject it."""
