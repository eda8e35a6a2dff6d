"""What a plot marks: panels, points, lengths of fine-tuning, cost axes, curves, the frontier, the order of criteria."""
