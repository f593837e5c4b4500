"""Training on finished data sets: readers, the renderer, the VLM, evaluation."""
