"""The importances of torch-pruning as pruners."""
