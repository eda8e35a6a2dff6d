"""Frozen base models of ESC-50, which prunebench finds by the entry point `prunebench.bases`."""

from pathlib import Path

FOLDER = Path(__file__).parent
