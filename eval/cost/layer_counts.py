"""MACs and parameters of each layer of a Cnn14, by the closed form and by independent counters side by side.

Every counter says by its own rules what a layer costs; `CONVENTIONS` names them. Rows are the STFT, the mel
product, the first batch norm, C1 … C12 each with the batch norm that follows it, and the two linear layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from prunebench.eval.cost.complexity import STFT, layer_macs, layer_parameters
from prunebench.eval.cost.counters import count_ops_and_params, fvcore_analysis, thop, twin
from prunebench.eval.cost.geometry import clip_of

MEL = "mel"
CONVENTIONS: Mapping[str, str] = {
    "closed form": "convolutions and linear layers; trainable parameters",
    "fvcore": "and two per input of a batch norm, and the mel product; all parameters, fixed matrices too",
    "thop": "and four per input of a batch norm; all parameters but the mel matrix",
    "torch-pruning": "and two per input of a batch norm, and biases; all parameters, fixed matrices too",
}


class Count(NamedTuple):
    """What one counter says of one layer, for one clip with waveform in."""

    macs: int
    parameters: int


def layer_counts(model: nn.Module, samples: int | None = None) -> dict[str, dict[str, Count]]:
    """Counter → layer → MACs and parameters, waveform in; rows in the order of the forward pass.

    The backbone's figure is the sum without the rows `stft` and `mel`.

    Args:
        model: a Cnn14; left as it was found.
        samples: length of the clip at the model's own rate; 10 s by default.
    """
    shape: Any = model
    clip = clip_of(model, samples)
    macs = layer_macs(
        shape.widths, shape.n_classes, shape.embedding, clip.samples, window=clip.window, hop=clip.hop
    )
    parameters = layer_parameters(shape.widths, shape.n_classes, shape.embedding)
    rows = [STFT, MEL, *parameters]
    closed = {row: Count(macs.get(row, 0), parameters.get(row, 0)) for row in rows}
    found = {"closed form": closed}
    for name, count in _BY_MODULE.items():
        by_row = dict.fromkeys(rows, Count(0, 0))
        for path, (some_macs, some_parameters) in count(twin(model, "cpu"), clip.samples).items():
            row = _row(path)
            by_row[row] = Count(by_row[row].macs + some_macs, by_row[row].parameters + some_parameters)
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


def _leaves(model: nn.Module) -> dict[str, nn.Module]:
    return {path: module for path, module in model.named_modules() if not list(module.children())}


def _fvcore(model: nn.Module, samples: int) -> dict[str, tuple[int, int]]:
    with torch.no_grad():
        by_module = fvcore_analysis(model, torch.zeros(1, samples)).by_module()
    return {
        path: (int(by_module[path]), sum(p.numel() for p in module.parameters()))
        for path, module in _leaves(model).items()
    }


def _thop(model: nn.Module, samples: int) -> dict[str, tuple[int, int]]:
    with torch.no_grad():
        _, _, nested = thop.profile(model, (torch.zeros(1, samples),), verbose=False, ret_layer_info=True)
    found: dict[str, tuple[int, int]] = {}

    def walk(prefix: str, level: Mapping[str, tuple[float, float, Mapping[str, Any]]]) -> None:
        for name, (macs, parameters, inner) in level.items():
            if inner:
                walk(f"{prefix}{name}.", inner)
            else:
                found[f"{prefix}{name}"] = (int(macs), int(parameters))

    walk("", nested)
    return found


def _torch_pruning(model: nn.Module, samples: int) -> dict[str, tuple[int, int]]:
    _, _, macs, parameters = count_ops_and_params(model, torch.zeros(1, samples), layer_wise=True)
    return {
        path: (int(macs.get(module) or 0), int(parameters.get(module) or 0))
        for path, module in _leaves(model).items()
    }


_BY_MODULE: Mapping[str, Callable[[nn.Module, int], dict[str, tuple[int, int]]]] = {
    "fvcore": _fvcore,
    "thop": _thop,
    "torch-pruning": _torch_pruning,
}
