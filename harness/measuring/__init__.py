"""What one model costs and how well it tags; a single file and a sweep are measured by the same code."""
