"""What an exported graph says of the sound it takes and of its outputs."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import Any

from prunebench.harness.networks.class_names import known_class_names
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.plugins.any_checkpoint import TaggerCheckpoint


def graph_metadata(checkpoint: TaggerCheckpoint, *, inside: bool) -> dict[str, str]:
    """Properties by name, as text.

    `sample_rate`, and where the front end has them `fmin` and `fmax`, are in Hz, `window` and `hop` in samples; `mels`
    is their number, `frontend` says whether the graph holds it (`inside`) or takes its features (`outside`), and other
    fields of the front end have their own names. `network` is the label of another network than Cnn14. `class_names` is
    a JSON list in the order of the outputs, and is left out where no names are known.

    Args:
        checkpoint: of the model.
        inside: whether the graph takes waveforms.
    """
    network, front = checkpoint.tagger.network, checkpoint.tagger.network.frontend
    named = ("sample_rate", "window", "hop", "mels")
    found: dict[str, Any] = {**_fields(front), **{name: getattr(front, name) for name in named}}
    found["frontend"] = "inside" if inside else "outside"
    if not isinstance(checkpoint.tagger.model, Cnn14):
        found["network"] = network.label
    names = known_class_names(checkpoint)
    if names is not None:
        found["class_names"] = json.dumps(names, ensure_ascii=False)
    return {name: str(value) for name, value in found.items()}


def _fields(front: object) -> dict[str, Any]:
    return asdict(front) if is_dataclass(front) and not isinstance(front, type) else {}
