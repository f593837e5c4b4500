"""The flow from expert photos to a committed data set, in folders along the way of the data."""
