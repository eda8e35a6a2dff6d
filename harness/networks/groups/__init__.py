"""Groups of filters: which tensors lose entries together, found by tracing or given, and how they are cut."""
