"""ONNX Runtime on the processor, with a pinned number of threads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


def open_session(graph: bytes | Path, threads: int, *, optimised: bool = True) -> Any:
    """An inference session.

    Args:
        graph: serialised, or its file.
        threads: that one operator may use.
        optimised: whether the runtime may fuse operators; without, every tensor of the graph can be looked at.
    """
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    # Without it sums of 8-bit products overflow on processors that lack VNNI (microsoft/onnxruntime#14642).
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def onnx_forward(graph: bytes, threads: int) -> Callable[[Tensor], tuple[Tensor, ...]]:
    """A call from the input of a graph to all of its outputs."""
    session = open_session(graph, threads)
    name = session.get_inputs()[0].name

    def run(features: Tensor) -> tuple[Tensor, ...]:
        return tuple(map(torch.from_numpy, session.run(None, {name: features.numpy()})))

    return run
