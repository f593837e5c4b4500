"""What a person sees of a pair: its change in CIELAB, and what sliders do to it."""
