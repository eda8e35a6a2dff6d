"""Penalties that a base model is trained with before it is scored: one file each, read by label."""
