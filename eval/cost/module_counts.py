"""MACs and parameters of each module of a model of any network, by hooks and by independent counters side by side.

A row is a module that has parameters of its own or that a counter counts, in the order of the model; a batch norm has a
row beside its convolution. The row `front end` has the MACs that the network's front end says of itself
(`prunebench.eval.cost.front_ends`), the same for every counter, and is absent where it says none. What a counter finds
outside of these modules is in the row `elsewhere`.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from prunebench.eval.cost.counters import twin
from prunebench.eval.cost.entry import Entry
from prunebench.eval.cost.front_ends import known_front_end_macs
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.cost.hooked_macs import hooked
from prunebench.eval.cost.module_counters import ELSEWHERE, Count, Counts, counts_by_module, leaves, nothing

FRONT_END = "front end"
REST = "elsewhere"
HOOKS = "hooks"
MODULE_CONVENTIONS: Mapping[str, str] = {
    HOOKS: "convolutions and linear layers; trainable parameters",
    "fvcore": "the same, plus two per input of a batch norm, matrix products and adaptive pooling; all parameters",
    "thop": "the same, plus four per input of a batch norm and pooling modules; all parameters of the modules that run",
    "torch-pruning": "the same, plus two per input of a batch norm, biases, ReLU and pooling modules; all parameters",
    "torch": "the same, plus matrix products; counts no parameters",
}


def module_counts(
    model: nn.Module, samples: int | None = None, missing: dict[str, str] | None = None
) -> dict[str, dict[str, Count]]:
    """Counter → row → MACs and parameters for one clip; a module is named as in `model.model`.

    Args:
        model: with `frontend` and `from_log_mel`, around the network's own `model`; left as it was found.
        samples: length of the clip at the model's own rate; 10 s by default.
        missing: as `prunebench.eval.cost.layer_counts` takes it.
    """
    clip = clip_of(model, samples)
    features = torch.zeros(1, clip.frames, clip.mels)
    by_counter = {
        HOOKS: _hooks(model, features),
        **counts_by_module(lambda: Entry(twin(model, "cpu"), "from_log_mel"), features, missing),
    }
    paths = dict.fromkeys(path for counts in by_counter.values() for path in counts)
    kept = [path for path in paths if any(any(counts.get(path, ())) for counts in by_counter.values())]
    front = known_front_end_macs(model, clip.samples)
    found = {}
    for name, counts in by_counter.items():
        zero = nothing(name)
        first = {} if front is None else {FRONT_END: Count(front, zero.parameters)}
        found[name] = {**first, **{_row(path): counts.get(path, zero) for path in kept}}
    return found


def _hooks(model: nn.Module, features: torch.Tensor) -> Counts:
    macs = hooked(Entry(twin(model, "cpu"), "from_log_mel"), features).layers
    entry = Entry(model, "from_log_mel")  # a twin forgets which parameters are trained
    found = {path: Count(macs.get(path, 0), _trainable(module)) for path, module in leaves(entry).items()}
    rest = _trainable(entry) - sum(count.parameters or 0 for count in found.values())
    return found | ({ELSEWHERE: Count(0, rest)} if rest else {})


def _trainable(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _row(path: str) -> str:
    """The name of a module in the network's own model, two modules further in than in the entry."""
    return path.removeprefix("model.").removeprefix("model.") or REST
