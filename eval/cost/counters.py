"""MACs of a model by independent counters, which run or trace it on one clip.

Every counter sees a copy in eval mode, so the model is left as it was found. A counter whose package cannot be imported
raises `NoCounter` (`prunebench.eval.cost.counting_packages`), and the others count. How they depart from the closed
form of `prunebench.eval.cost.complexity`, with M its MACs, B the inputs of all batch norms (16,194,112 for
the full width on 10 s) and F the mel product, 513 · 64 a frame (32,864,832), which is part of no backbone:

===========  =======================  ===================================================================
counter      full width, in G          what it counts
===========  =======================  ===================================================================
closed form  21.0936 / 20.0419        M
fvcore       21.1589 / 20.0743        M + 2·B + F in all; its convolution and linear counts are M
thop         21.1584 / 20.1067        M + 4·B: scale and shift of a batch norm beside its normalisation
flop mode    21.1265 / 20.0419        M + F: torch's FlopCounterMode, divided by two
torch-prune  21.1260 / 20.0743        M + 2·B + the biases of the linear layers
===========  =======================  ===================================================================

A model that says `frontend_apart`, as one of another network does, has no layers that make its features: there the
counters see the backbone, and the front end's own MACs (`prunebench.eval.cost.front_ends`) are added to each count.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from prunebench.eval.cost.complexity import Macs
from prunebench.eval.cost.counting_packages import counting_package
from prunebench.eval.cost.entry import Entry
from prunebench.eval.cost.front_ends import front_end_macs, frontend_apart
from prunebench.eval.cost.geometry import clip_of

_COUNTED = ("conv", "linear", "addmm")  # fvcore's names of convolutions and linear layers


def twin(model: nn.Module, device: str) -> nn.Module:
    """A copy in eval mode whose parameters share the model's memory, or have none on `"meta"`."""
    memo: dict[int, object] = {
        id(p): nn.Parameter(p.detach().to(device), requires_grad=False) for p in model.parameters()
    }
    memo |= {id(b): b.detach().clone().to(device) for b in model.buffers()}
    return copy.deepcopy(model, memo).eval()


def _backbone(
    model: nn.Module, samples: int | None, count: Callable[[nn.Module, Tensor], float], device: str = "meta"
) -> int:
    clip = clip_of(model, samples)
    # Of another network's own code nothing is known: it may make tensors on the CPU.
    device = "cpu" if frontend_apart(model) else device
    features = torch.zeros(1, clip.frames, clip.mels, device=device)
    with torch.no_grad():
        return round(count(Entry(twin(model, device), "from_log_mel"), features))


def _both(
    model: nn.Module, samples: int | None, count: Callable[[nn.Module, Tensor], float], device: str = "meta"
) -> Macs:
    backbone, clip = _backbone(model, samples, count, device), clip_of(model, samples)
    if frontend_apart(model):
        return Macs(backbone, backbone + front_end_macs(model, clip.samples))
    with torch.no_grad():
        with_frontend = count(twin(model, device), torch.zeros(1, clip.samples, device=device))
    return Macs(backbone, round(with_frontend))


def fvcore_macs(model: nn.Module, samples: int | None = None) -> Macs:
    """fvcore's counts of convolutions and linear layers, which must equal the closed form.

    Traces the model on a silent clip of that many samples at its own rate, 10 s by default.
    """

    return _both(model, samples, fvcore_layer_macs, device="cpu")


def fvcore_backbone_macs(model: nn.Module, samples: int | None = None) -> int:
    """The count of `fvcore_macs`, features in, which needs to know nothing of the front end's own."""
    return _backbone(model, samples, fvcore_layer_macs, device="cpu")


def fvcore_layer_macs(module: nn.Module, clip: Tensor) -> int:
    """fvcore's counts of convolutions and linear layers for any module and its input."""
    by_operator = fvcore_analysis(module, clip).by_operator()
    return int(sum(by_operator[name] for name in _COUNTED))


def fvcore_total_macs(model: nn.Module, samples: int | None = None) -> Macs:
    """All that fvcore counts: batch norm twice per input and the mel product beside the layers."""
    return _both(
        model, samples, lambda module, clip: float(fvcore_analysis(module, clip).total()), device="cpu"
    )


def fvcore_analysis(module: nn.Module, clip: Tensor) -> Any:
    """fvcore's counts, by module and by operator, without its warnings about what it leaves out."""
    counted = counting_package("fvcore").FlopCountAnalysis(module, clip)
    return counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False)


def thop_macs(model: nn.Module, samples: int | None = None) -> Macs:
    """thop's count: four per input of a batch norm, twice what fvcore takes, and no mel product.

    thop hooks modules, and the mel product is an operator of none.
    """
    return _both(model, samples, _thop)


def thop_backbone_macs(model: nn.Module, samples: int | None = None) -> int:
    """thop's count, features in, which needs to know nothing of the front end's own."""
    return _backbone(model, samples, _thop)


def _thop(module: nn.Module, clip: Tensor) -> float:
    return float(counting_package("thop").profile(module, (clip,), verbose=False)[0])


def flop_counter_macs(model: nn.Module, samples: int | None = None) -> Macs:
    """Half of torch's `FlopCounterMode`: convolutions and matrix products, including the mel product."""

    return _both(model, samples, lambda module, clip: float(flops(module, clip).get_total_flops()) / 2)


def flops(module: nn.Module, clip: Tensor) -> FlopCounterMode:
    """torch's counter after one pass of any module."""
    counter = FlopCounterMode(display=False)
    with counter:
        module(clip)
    return counter


def torch_pruning_macs(model: nn.Module, samples: int | None = None) -> Macs:
    """torch-pruning's count: two per input of a batch norm, the linear layers' biases, no mel product."""
    count = counting_package("torch-pruning").count_ops_and_params
    return _both(model, samples, lambda module, clip: float(count(module, clip)[0]))


COUNTERS: Mapping[str, Callable[[nn.Module, int | None], Macs]] = {
    "fvcore": fvcore_macs,
    "fvcore_total": fvcore_total_macs,
    "thop": thop_macs,
    "flop_counter": flop_counter_macs,
    "torch_pruning": torch_pruning_macs,
}
