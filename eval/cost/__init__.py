"""What a model costs by arithmetic: MACs, parameters, activations and bytes of a file, and independent counters."""
