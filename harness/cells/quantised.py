"""A model in 8-bit integers after the last stage of its cell: its quality and its bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.runtime.backends import run_in_batches
from prunebench.eval.runtime.int8_graph import VERSION, Ranges, int8_bytes
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.eval.runtime.onnx_session import onnx_forward
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.stage_quality import Measured, quality
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger

BATCH = 16  # clips of a pass


@dataclass(frozen=True)
class Quantising:
    """How a model is quantised.

    Args:
        clips: training clips that give the ranges of activations.
        method: what becomes a range.
        threads: of ONNX Runtime; the identity of the base model holds them.
    """

    clips: int
    method: Ranges
    threads: int

    def decides(self) -> dict[str, object]:
        """All of it that decides a result, as JSON values."""
        return {"clips": self.clips, "method": self.method, "version": VERSION}


@dataclass(frozen=True)
class Quantised:
    """What was measured of a quantised model.

    Args:
        quality: on validation and test clips.
        measures: `onnx_file_bytes` of the graph in float32 and `quantised_file_bytes` of the one in 8 bits.
    """

    quality: Measured
    measures: dict[str, float]


@dataclass(frozen=True)
class Integers:
    """A model in 8-bit integers, and its graph in float32: serialised `ModelProto`s that take features."""

    graph: bytes
    integers: bytes


def integers_of(model: Tagger, clips: NDArray[np.float32], how: Quantising) -> Integers:
    """Quantise the whole model, which takes features; the model itself does not change.

    Args:
        model: to be quantised.
        clips: features that give the ranges of activations, (clips, frames, mels).
        how: how it is quantised.
    """
    graph = onnx_bytes(measurable_of(model), "from_log_mel", (1, *clips.shape[1:]))
    return Integers(graph, int8_bytes(graph, clips, how.method, threads=how.threads))


def quantised(model: Tagger, inputs: Inputs, how: Quantising) -> Quantised:
    """Quantise a model on training clips, and measure it; the model stays as it is.

    Args:
        model: the model after its last stage.
        inputs: of its cell.
        how: how it is quantised.

    Raises:
        Exception: whatever the libraries raise on a graph that they cannot take.
    """
    training = inputs.features("training")
    made = integers_of(model, np.array(training[drawn_rows(len(training), how.clips)]), how)
    run = onnx_forward(made.integers, how.threads)
    scores = {split: run_in_batches(run, inputs.features(split), BATCH) for split in ("validation", "test")}
    found = quality(scores, inputs.base.data)
    return Quantised(found, {"onnx_file_bytes": len(made.graph), "quantised_file_bytes": len(made.integers)})
