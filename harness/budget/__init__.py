"""How many filters to remove: ratios, targets of MACs or parameters, allocation over layers, rounds."""
