"""The commands on one model: score, prune, measure, tag, export."""
