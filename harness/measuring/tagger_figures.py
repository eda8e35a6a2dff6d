"""Exact figures of a model of any network that has a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prunebench.eval.cost.complexity import backbone_macs
from prunebench.eval.cost.geometry import SECONDS
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.measuring.exact_figures import exact_figures
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import widths_of


def tagger_figures(tagger: Tagger, file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Widths, and the figures of `exact_figures`.

    Args:
        tagger: that was read from the file, or written to it.
        file: its path.

    Returns:
        Name → figure, and name → reason for those that failed.

    Raises:
        InputError: for a network that takes no clip of 10 s.
    """
    model = measurable_of(tagger)
    with foreign_code(f"Network `{tagger.network.label}` must take a clip of {SECONDS} s"):
        backbone_macs(model)
    figures, failed = exact_figures(model, file)
    return {"widths": widths_of(tagger), **figures}, failed
