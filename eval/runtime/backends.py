"""Ways to run a model, by name: what latency and quality are measured through.

A backend takes a model once and gives back a call from features to outputs. One whose libraries are not installed
says so; one that fails on a model takes no other with it.
"""

from __future__ import annotations

import importlib.util
import io
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.eval.cost.entry import Entry
from prunebench.eval.errors import InputError, nearest
from prunebench.eval.runtime.folding import folded
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.eval.text.install_advice import how_to_get

Forward = Callable[[Tensor], tuple[Tensor, ...]]


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
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
    return entry


def _compiled(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    run: Forward = torch.compile(Entry(model, method))
    return run


def _onnxruntime(model: nn.Module, method: str, example: Tensor, threads: int) -> Forward:
    return _session(onnx_bytes(model, method, example.shape), threads)


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
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # the library is untyped
        def __init__(self, name: str) -> None:
            self._clips: Iterator[Mapping[str, NDArray[np.float32]]] = iter(
                {name: clip[None].numpy()} for clip in example
            )

        def get_next(self) -> Mapping[str, NDArray[np.float32]] | None:
            return next(self._clips, None)

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        before.write_bytes(onnx_bytes(model, method, example.shape))
        name = "log_mel" if method == "from_log_mel" else "waveform"
        # The library advises, through the root logger, to simplify graphs first; this one has nothing to simplify.
        disabled = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            quantize_static(
                before,
                after,
                Reader(name),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv"],
            )
        finally:
            logging.disable(disabled)
        return _session(after.read_bytes(), threads)


def _session(graph: bytes, threads: int) -> Forward:
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(features: Tensor) -> tuple[Tensor, ...]:
        return tuple(map(torch.from_numpy, session.run(None, {name: features.numpy()})))

    return run


BACKENDS: Mapping[str, Backend] = {
    found.name: found
    for found in (
        Backend("eager", "torch, operator by operator", (), _eager),
        Backend("folded", "batch norm folded into convolutions, channels last", (), _folded),
        Backend("compile", "torch.compile", (), _compiled),
        Backend("onnxruntime", "ONNX Runtime", ("onnx", "onnxruntime"), _onnxruntime),
        Backend("openvino", "OpenVINO", ("onnx", "openvino"), _openvino),
        Backend(
            "onnxruntime-int8",
            "ONNX Runtime, convolutions in 8-bit integers, ranges from the clips given",
            ("onnx", "onnxruntime"),
            _int8,
        ),
    )
}


LOSSY = (
    "onnxruntime-int8",
)  # outputs differ from torch's by more than rounding, so quality must be measured


def run_in_batches(run: Forward, features: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    """Probabilities (clips, classes) of a prepared model on features (clips, frames, mels)."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(features), batch):
            x = torch.from_numpy(np.array(features[start : start + batch]))
            found.append(run(x)[1].numpy())
    return np.concatenate(found)
