"""A model as an ONNX graph, whatever the length and the number of clips."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from prunebench.eval.cost.entry import Entry

OPSET = 17
INPUTS = {"from_log_mel": ("log_mel", "frames"), "forward": ("waveform", "samples")}


def onnx_bytes(
    model: nn.Module,
    method: str = "from_log_mel",
    input_shape: Sequence[int] = (1, 1001, 64),
    outputs: Sequence[str] | None = None,
) -> bytes:
    """The graph of one of a model's methods, for any number of clips of any length.

    Torch's TorchScript exporter makes it: the newer one asks for `onnxscript` and took twenty times as long on
    this model. Nothing of the `onnx` package is needed beyond what it writes.

    Args:
        model: in eval mode while it is traced, left as it was found.
        method: `"from_log_mel"` (log-mel features in) or `"forward"` (waveform in).
        input_shape: of the example that is traced.
        outputs: names of what the method gives; by default the fields of its named tuple, or `logits` alone.

    Returns:
        A serialised `ModelProto` with the input `log_mel` (batch, frames, mels) or `waveform` (batch, samples) and
        the outputs named.
    """
    name, length = INPUTS[method]
    stream = io.BytesIO()
    example = torch.randn(*input_shape, generator=torch.Generator().manual_seed(0))
    entry = Entry(model, method)
    named = tuple(outputs) if outputs is not None else _fields(entry, example)
    axes = {name: {0: "batch", 1: length}} | {output: {0: "batch"} for output in named}
    with torch.no_grad(), warnings.catch_warnings():
        # The exporter says of itself that another one is the default, and of paddings that they stay as they are.
        warnings.filterwarnings("ignore", "You are using the legacy TorchScript-based", DeprecationWarning)
        warnings.filterwarnings("ignore", "The feature will be removed", DeprecationWarning)
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        torch.onnx.export(
            entry,
            (example,),
            stream,  # type: ignore[arg-type]  # the exporter writes to streams as well
            dynamo=False,
            opset_version=OPSET,
            input_names=[name],
            output_names=list(named),
            dynamic_axes=axes,
        )
    return stream.getvalue()


@torch.no_grad()
def _fields(entry: Entry, example: Tensor) -> tuple[str, ...]:
    found = getattr(entry.model, entry.method)(example)
    return getattr(found, "_fields", ("logits",))


def with_metadata(graph: bytes, metadata: Mapping[str, str]) -> bytes:
    """The graph with properties that runtimes give back, `session.get_modelmeta().custom_metadata_map`."""
    import onnx

    model = onnx.load_model_from_string(graph)
    onnx.helper.set_model_props(model, dict(metadata))
    found: bytes = model.SerializeToString()
    return found
