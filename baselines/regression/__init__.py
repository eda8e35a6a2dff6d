"""The baseline file: operating points, tolerances, and where the values come from."""
