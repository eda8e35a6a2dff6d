"""Ways to run a model, by name: what latency and quality are measured through.

A backend takes a model once and gives back a call from features to outputs. One whose libraries are not installed
says so; one that fails on a model takes no other with it.
"""

from __future__ import annotations

import importlib.util
import io
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.eval.cost.entry import Entry
from prunebench.eval.errors import InputError, nearest
from prunebench.eval.runtime.folding import folded
from prunebench.eval.runtime.int8_graph import int8_bytes
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.eval.runtime.onnx_session import onnx_forward
from prunebench.eval.text.install_advice import how_to_get

Forward = Callable[[Tensor], tuple[Tensor, ...]]
INT8 = "onnxruntime-int8"


@dataclass(frozen=True)
class Backend:
    """One way to run a model.

    Args:
        name: as users write it.
        what: in one line.
        modules: that must be importable.
        prepare: (model, method, example input, threads) → a call from inputs to outputs (logits,
            probabilities and what else the model gives).
    """

    name: str
    what: str
    modules: tuple[str, ...]
    prepare: Callable[[nn.Module, str, Tensor, int], Forward]

    def missing(self) -> str | None:
        """Why it cannot be used here, in one sentence; `None` where it can."""
        gone = [module for module in self.modules if importlib.util.find_spec(module) is None]
        if gone:
            named = " and ".join(f"`{module}`" for module in gone)
            return f"Backend `{self.name}` needs {named}: {how_to_get('backends')}."
        if self.name == "compile" and not any(map(shutil.which, ("g++", "clang++", "c++"))):
            return "Backend `compile` needs a C++ compiler. Found none on the path: install g++."
        return None


def backend(name: str) -> Backend:
    """The backend of that name.

    Raises:
        InputError: for an unknown name, with the nearest valid ones.
    """
    if name not in BACKENDS:
        raise InputError(f"Unknown backend `{name}`; {nearest(name, BACKENDS)}")
    return BACKENDS[name]


def _eager(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    return Entry(model, method)


def _folded(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    entry = folded(Entry(model, method), example[:1])
    for module in entry.modules():
        # A weight that is no parameter is computed in each pass.
        if isinstance(module, nn.Conv2d) and "weight" in module._parameters:
            # A new parameter: other backends may share the old one.
            weight = module.weight.detach().contiguous(memory_format=torch.channels_last)
            module.weight = nn.Parameter(weight, requires_grad=False)
    return entry


def _compiled(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    run: Forward = torch.compile(Entry(model, method))
    return run


def _onnxruntime(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    return onnx_forward(onnx_bytes(model, method, example.shape), threads)


def _openvino(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    import openvino

    graph = openvino.convert_model(io.BytesIO(onnx_bytes(model, method, example.shape)))
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",  # where the processor knows bfloat16, OpenVINO computes in it unasked
    }
    compiled = openvino.Core().compile_model(graph, "CPU", options)

    def run(features: Tensor) -> tuple[Tensor, ...]:
        found = compiled(features.numpy())
        return tuple(torch.from_numpy(found[index].copy()) for index in range(len(compiled.outputs)))

    return run


def _int8(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    graph = onnx_bytes(model, method, example.shape)
    return onnx_forward(int8_bytes(graph, example.numpy(), threads=threads), threads)


BACKENDS: Mapping[str, Backend] = {
    found.name: found
    for found in (
        Backend("eager", "torch, operator by operator", (), _eager),
        Backend("folded", "batch norm folded into convolutions, channels last", (), _folded),
        Backend("compile", "torch.compile", (), _compiled),
        Backend("onnxruntime", "ONNX Runtime", ("onnx", "onnxruntime"), _onnxruntime),
        Backend("openvino", "OpenVINO", ("onnx", "openvino"), _openvino),
        Backend(
            INT8,
            "ONNX Runtime, layers with weights in 8-bit integers, calibrated on the given clips",
            ("onnx", "onnxruntime"),
            _int8,
        ),
    )
}


LOSSY = (INT8,)  # outputs differ from torch's by more than rounding, so quality must be measured
INTEGERS = "8-bit integers change the scores"  # the reason, as messages give it


def run_in_batches(run: Forward, features: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    """Probabilities (clips, classes) of a prepared model on features (clips, frames, mels)."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(features), batch):
            x = torch.from_numpy(np.array(features[start : start + batch]))
            found.append(run(x)[1].numpy())
    return np.concatenate(found)
