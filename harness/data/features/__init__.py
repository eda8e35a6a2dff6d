"""Log-mel features and targets of a split, cached or streamed."""
