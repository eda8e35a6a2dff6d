"""What an exported graph says of the sound it takes and of its outputs."""

from __future__ import annotations

import json
from dataclasses import asdict

from prunebench.harness.networks.checkpoint import Checkpoint
from prunebench.harness.networks.class_names import known_class_names


def graph_metadata(checkpoint: Checkpoint, *, inside: bool) -> dict[str, str]:
    """Properties by name, as text.

    `sample_rate`, `fmin` and `fmax` are in Hz, `window` and `hop` in samples; `mels` is their number, `frontend` says
    whether the graph holds it (`inside`) or takes its features (`outside`). `class_names` is a JSON list in the order
    of the outputs, and is left out where no names are known.

    Args:
        checkpoint: of the model.
        inside: whether the graph takes waveforms.
    """
    front = checkpoint.model.frontend
    found = {**asdict(front), "mels": front.mels, "frontend": "inside" if inside else "outside"}
    names = known_class_names(checkpoint)
    if names is not None:
        found["class_names"] = json.dumps(names, ensure_ascii=False)
    return {name: str(value) for name, value in found.items()}
