"""A graph in 8-bit integers, by ONNX Runtime's static quantisation.

Weights are rounded to signed 8 bits with a scale for each output channel. What convolutions read and write and what
linear layers read is rounded to unsigned 8 bits with one scale a tensor, whose range comes from calibration clips.
Everything else stays in float32, the outputs of linear layers among it: 256 levels of a logit make clips tie, which
costs mAP and saves nothing.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.runtime.onnx_session import open_session

VERSION = 1  # raised when quantised models would differ
LINEAR = ("Gemm", "MatMul")
LAYERS = ("Conv", *LINEAR)  # with weights; a product of two activations stays in float32
CALIBRATION_CLIPS = 64  # unless another number is asked for
AT_A_TIME = 8  # clips: a histogram holds the outputs of all layers for as many
Ranges: TypeAlias = Literal["minmax", "entropy", "percentile"]
_METHODS: Mapping[Ranges, str] = {"minmax": "MinMax", "entropy": "Entropy", "percentile": "Percentile"}


def int8_bytes(
    graph: bytes, clips: NDArray[np.float32], method: Ranges = "minmax", *, threads: int = 1
) -> bytes:
    """The graph with its convolutions and linear layers in 8-bit integers.

    The bytes repeat with the same number of threads on the same machine.

    Args:
        graph: a serialised `ModelProto` with one input.
        clips: what the input takes, one after the other, (clips, …); at least one.
        method: what becomes the range of a tensor: its least and greatest value (`"minmax"`), what loses the least
            information (`"entropy"`), or all but the outermost 0.001 % on either side (`"percentile"`).
        threads: of the passes over the clips.
    """
    from onnxruntime.quantization import CalibrationMethod, QDQQuantizer, QuantType, create_calibrator
    from onnxruntime.quantization.quant_utils import load_model_with_shape_infer

    with tempfile.TemporaryDirectory() as folder, _quiet():
        before, seen, after = (Path(folder) / f"{name}.onnx" for name in ("float", "seen", "int8"))
        before.write_bytes(graph)
        calibrator = create_calibrator(
            before,
            list(LAYERS),
            augmented_model_path=str(seen),
            calibrate_method=CalibrationMethod[_METHODS[method]],
            # By default the range of a percentile is centred on 0, which wastes half of it behind a ReLU.
            extra_options={"symmetric": False},
        )
        # Its own session takes as many threads as the machine has processors.
        calibrator.infer_session = open_session(seen, threads, optimised=False)
        name = calibrator.infer_session.get_inputs()[0].name
        for start in range(0, len(clips), AT_A_TIME):
            calibrator.collect_data(_Reader(name, clips[start : start + AT_A_TIME]))
        quantiser = QDQQuantizer(
            load_model_with_shape_infer(before),
            True,  # a scale for each channel of the weights
            False,  # all 8 bits of the weights
            QuantType.QInt8,
            QuantType.QUInt8,
            calibrator.compute_data(),
            [],
            [],
            list(LAYERS),
            {"MatMulConstBOnly": True, "OpTypesToExcludeOutputQuantization": list(LINEAR)},
        )
        quantiser.quantize_model()
        quantiser.model.save_model_to_file(str(after), False)
        return after.read_bytes()


class _Reader:
    """Gives the library one clip at a time."""

    def __init__(self, name: str, clips: NDArray[np.float32]) -> None:
        self._clips: Iterator[Mapping[str, Any]] = iter({name: np.array(clip)[None]} for clip in clips)

    def get_next(self) -> Mapping[str, Any] | None:
        return next(self._clips, None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the library prints of histograms, and its advice to simplify graphs, which these do not need."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(disabled)
