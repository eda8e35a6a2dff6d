"""The grid of cells that a configuration asks for, each with its identity."""
