"""Recipes and training loops at small and full size, devices, resumable states, prediction, validation."""
