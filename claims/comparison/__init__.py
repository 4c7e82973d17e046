"""Two results, or a claim under several settings: what changed, and by how much."""
