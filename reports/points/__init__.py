"""What a plot marks: panels, points, cost axes, curves, the frontier, the order of criteria."""
