"""Work on Ray: inspecting and planning, making shards, fitting banks; and what frames it."""
