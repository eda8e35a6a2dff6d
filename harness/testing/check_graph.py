"""Do tools that trace a pruned model see the model: counters of MACs and ONNX?"""

from __future__ import annotations

from importlib.util import find_spec

import torch

from prunebench.eval.cost.counters import fvcore_layer_macs
from prunebench.eval.cost.counting_packages import NoCounter
from prunebench.eval.cost.entry import Entry
from prunebench.eval.cost.hooked_macs import hooked_macs
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.harness.networks.contract.measurable import Measurable
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.testing.network_under_test import NetworkUnderTest, apart

TOLERANCE = 1e-5  # of the largest logit


def check_macs(subject: NetworkUnderTest) -> None:
    """MACs of the pruned model's layers, counted by hooks, are those of convolutions and linear layers in fvcore.

    Nothing is checked where fvcore cannot be imported.
    """
    clip, run = subject.features[:1], Entry(_measurable(subject), "from_log_mel")
    try:
        traced = fvcore_layer_macs(run, clip)
    except NoCounter:
        return
    hooked = hooked_macs(run, clip)
    assert hooked == traced, (
        f"MACs by hooks must equal fvcore's. Found {hooked} and {traced}: compute with modules `nn.Conv1d`, "
        "`nn.Conv2d` and `nn.Linear`, called once a pass each."
    )


def check_onnx(subject: NetworkUnderTest) -> None:
    """The pruned model's ONNX graph gives its logits; nothing is checked where ONNX Runtime is not installed."""
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        return
    import onnxruntime

    graph = onnx_bytes(_measurable(subject), input_shape=tuple(subject.features[:1].shape))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (found,) = session.run(["logits"], {session.get_inputs()[0].name: subject.features.numpy()})
    difference = apart(torch.from_numpy(found), subject.logits(subject.small))
    assert difference <= TOLERANCE, (
        f"The ONNX graph must give the model's logits, and differs by {difference:.2g} of the largest: let nothing "
        "depend on the values of a tensor or on the number of clips while the graph is traced."
    )


def _measurable(subject: NetworkUnderTest) -> Measurable:
    return Measurable(Tagger(subject.network, subject.small)).eval()
