"""A checkpoint as a measuring process is told of it: its path, its network, the files that define networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from prunebench.harness.measuring.factories import load_measurable


@dataclass(frozen=True)
class CheckpointFile:
    """What `load_measurable` reads a model from.

    Args:
        path: of the checkpoint.
        network: label of its network, where the file does not say it.
        files: Python files that define networks.
    """

    path: Path
    network: str | None = None
    files: Sequence[Path] = ()

    @property
    def arguments(self) -> dict[str, object]:
        """Of `load_measurable`, for a process with another working folder."""
        return {
            "path": str(self.path.resolve()),
            "network": self.network,
            "files": tuple(str(file.resolve()) for file in self.files),
        }

    def load(self) -> nn.Module:
        """What is measured of it."""
        return load_measurable(self.path, self.network, self.files)
