"""One cell, computed inside a worker: base model, scores, filters to remove, outcome, record."""
