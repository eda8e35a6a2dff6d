"""Groups of filters of any module, found by torch-pruning's dependency graph."""
