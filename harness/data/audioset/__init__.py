"""AudioSet in the packed files of PANNs: reading, indexing and packing."""
