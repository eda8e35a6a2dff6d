"""The command `data`: fetch or prepare a data set or a published checkpoint."""
