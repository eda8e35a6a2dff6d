"""MACs and parameters of each layer of a model, by the suite's count and by independent counters side by side.

Every counter says by its own rules what a layer costs; `CONVENTIONS` names them. Rows of a Cnn14 are the STFT, the mel
product, the first batch norm, C1 … C12 each with the batch norm that follows it, and the two linear layers. Those of
other networks are as `prunebench.eval.cost.module_counts` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from prunebench.eval.cost.complexity import STFT, Cnn14Shape, layer_macs, layer_parameters
from prunebench.eval.cost.counters import twin
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.cost.module_counters import Count, counts_by_module, nothing
from prunebench.eval.cost.module_counts import FRONT_END, module_counts

MEL = "mel"
FRONT_ROWS = (STFT, MEL, FRONT_END)
CONVENTIONS: Mapping[str, str] = {
    "closed form": "convolutions and linear layers; trainable parameters",
    "fvcore": "the same, plus two per input of a batch norm and the mel product; all parameters, with fixed matrices",
    "thop": "the same, plus four per input of a batch norm; all parameters except the mel matrix",
    "torch-pruning": "the same, plus two per input of a batch norm and biases; all parameters, with fixed matrices",
    "torch": "the same, plus the mel product; counts no parameters",
}


def layer_counts(
    model: nn.Module, samples: int | None = None, missing: dict[str, str] | None = None
) -> dict[str, dict[str, Count]]:
    """Counter → layer → MACs and parameters, waveform in; rows in the order of the model.

    The backbone's figure is the sum without the rows of `FRONT_ROWS`.

    Args:
        model: as `prunebench.eval.count_macs` takes it; left as it was found.
        samples: length of the clip at the model's own rate; 10 s by default.
        missing: collects counter → why it has no figures; if it is `None`, the error is raised.

    Raises:
        InputError: for a counter that cannot be imported or does not count this model, without `missing`.
    """
    if not isinstance(model, Cnn14Shape):
        return module_counts(model, samples, missing)
    shape: Any = model
    clip = clip_of(model, samples)
    macs = layer_macs(
        shape.widths, shape.n_classes, shape.embedding, clip.samples, window=clip.window, hop=clip.hop
    )
    parameters = layer_parameters(shape.widths, shape.n_classes, shape.embedding)
    rows = [STFT, MEL, *parameters]
    closed = {row: Count(macs.get(row, 0), parameters.get(row, 0)) for row in rows}
    found = {"closed form": closed}
    for name, counts in counts_by_module(
        lambda: twin(model, "cpu"), torch.zeros(1, clip.samples), missing
    ).items():
        by_row = dict.fromkeys(rows, nothing(name))
        for path, count in counts.items():
            by_row[_row(path)] = by_row[_row(path)].plus(count)
        found[name] = by_row
    return found


def _row(path: str) -> str:
    """The layer that a module belongs to: `conv_block4.bn2` to C8."""
    first = path.partition(".")[0]
    if first == "spectrogram_extractor":
        return STFT
    if first == "logmel_extractor":
        return MEL
    if first.startswith("conv_block"):
        return f"C{2 * int(first.removeprefix('conv_block')) - 2 + int(path[-1])}"
    return first
