"""What one model costs and how well it tags, measured on this machine alike for a file and for a sweep."""
