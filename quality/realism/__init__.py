"""How alike two sets of photographs are. No pair of a data set depends on this folder."""
