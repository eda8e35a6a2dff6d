"""Tagging quality from targets and scores: average precision, ROC, lwlrap, accuracy, bootstrap."""
