"""The configuration of a sweep: its tables, overrides, errors with their line, comparison, presets."""
