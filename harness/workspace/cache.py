"""Where features, base models and stem outputs are kept between runs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import torch

from prunebench.harness.workspace.environment import processor


def default_cache() -> Path:
    """`PRUNEBENCH_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("PRUNEBENCH_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("prunebench"))


@dataclass(frozen=True)
class Cache:
    """Folders of the cache. Everything in it can be made again; each file is whole or absent.

    Several processes, and machines that share a file system which knows file locks, may use one cache.

    Args:
        root: the folder.
        checkpoint_seconds: between two states that a training under way is kept in.
    """

    root: Path
    checkpoint_seconds: float = 60.0

    @property
    def features(self) -> Path:
        """Log-mel features, keyed by data and front end."""
        return self.root / "features"

    def base(self, identity: str) -> Path:
        """A base model."""
        return self.root / "bases" / f"{identity}-{_kind()}"

    @property
    def trainings(self) -> Path:
        """States of trainings under way."""
        return self.root / "trainings" / _kind()


def _kind() -> str:
    """Weights repeat only on one processor and torch version, so these are in the key."""
    return f"torch{torch.__version__}-{hashlib.sha256(processor().encode()).hexdigest()[:8]}"
