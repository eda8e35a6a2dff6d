"""Frozen base models, which prunebench finds by the entry point `prunebench.bases`."""

from pathlib import Path

FOLDER = Path(__file__).parent
