"""The baseline file: operating points, tolerances, and where the figures come from."""
