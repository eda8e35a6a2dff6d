"""The verbs on one model: score, prune, measure, tag, export."""
