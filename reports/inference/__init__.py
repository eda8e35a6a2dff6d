"""The estimators: paired intervals, the set that may be the best, detectable differences, each from values of cells."""
