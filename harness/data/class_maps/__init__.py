"""Class maps, which lead from the classes of a data set to those of a list."""
