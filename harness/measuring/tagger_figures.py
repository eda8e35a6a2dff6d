"""Exact figures of a model of any network that has a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from prunebench.eval.cost.complexity import count_parameters, parameter_bytes
from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.cost.geometry import SECONDS
from prunebench.eval.cost.hooked_macs import hooked_macs
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.measuring.exact_figures import exact_figures
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import LogitsAlone, Tagger
from prunebench.harness.networks.plugins.any_checkpoint import widths_of


def tagger_figures(tagger: Tagger, file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Widths, and the figures of `exact_figures`; of another network than Cnn14 those that do not depend on its layers.

    Args:
        tagger: that was read from the file, or written to it.
        file: its path.

    Returns:
        Name → figure, and name → reason for those that failed.
    """
    found: dict[str, Any] = {"widths": widths_of(tagger)}
    if isinstance(tagger.model, Cnn14):
        figures, failed = exact_figures(tagger.model, file)
        return found | figures, failed
    found |= {"parameters": count_parameters(tagger.model), "parameter_bytes": parameter_bytes(tagger.model)}
    if file.is_file():
        found["file_bytes"] = file.stat().st_size
    found["state_dict_bytes"] = file_bytes(tagger.model)
    return found | {"macs_backbone": backbone_macs(tagger)}, {}


def backbone_macs(tagger: Tagger) -> int:
    """MACs of the backbone for one 10 s clip, features in, counted by hooks while the model runs on it."""
    front = tagger.network.frontend
    with foreign_code(f"Network `{tagger.network.label}` must take a clip of {SECONDS} s"):
        features = front.features(torch.zeros(1, SECONDS * front.sample_rate))
        return hooked_macs(LogitsAlone(tagger), features)
