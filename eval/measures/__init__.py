"""The contract of a measure, the built-in measures and their registry."""
