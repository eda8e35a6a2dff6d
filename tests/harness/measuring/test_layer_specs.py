"""The layers that a table of latencies holds, against the modules of the model and what surgery leaves of them."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from prunebench.eval.errors import InputError
from prunebench.eval.runtime import layer_latency
from prunebench.eval.runtime.latency import Effort
from prunebench.eval.runtime.layer_latency import LayerSpec, TimedLayer, layer_milliseconds
from prunebench.harness.measuring.layer_specs import prunable_layers
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.model_shapes import cut_to, shape_of
from prunebench.harness.networks.plugins.network_registry import resolve_network

SMALL = {"cnn14[width=0.015625]": ("C7-C12", 7), "mobilenet_v1[width=0.125]": ("all", 28)}


@pytest.fixture(scope="module", params=list(SMALL))
def layers(request):
    network = resolve_network(request.param)
    tagger = Tagger(network, network.build(5, seed=1))
    scope, count = SMALL[request.param]
    features = network.frontend.features(torch.zeros(1, 2 * network.frontend.sample_rate))
    found = prunable_layers(tagger, tagger.scope(scope), features)
    assert len(found) == count
    return tagger, found


def test_a_layer_alone_is_the_layer_of_the_model(layers):
    tagger, found = layers
    for layer in found:
        own = tagger.model.get_submodule(layer.module)
        timed = TimedLayer(layer.spec).eval()
        assert timed.layer[0].weight.shape == own.weight.shape
        example = layer.spec.example(1)
        assert timed.from_log_mel(example).shape == own(example).shape


def test_work_is_the_share_of_multiplications_that_surgery_leaves(layers):
    """Every group at half its filters: weights are as many as the work says, and axes count what is left."""
    tagger, found = layers
    halved = {group.name: group.filters // 2 for group in tagger.groups if group.filters > 1}
    left = cut_to(tagger, halved).model
    gone = [group.filters - halved.get(group.name, group.filters) for group in tagger.groups]
    for layer in found:
        if not (layer.read.cuts and layer.written.cuts):
            continue
        weight, whole = (of.get_submodule(layer.module).weight for of in (left, tagger.model))
        depthwise = layer.spec.options.get("groups", 1) > 1
        spec = layer.spec.at(layer.read.left(gone), layer.written.left(gone))
        assert TimedLayer(spec).layer[0].weight.shape == weight.shape
        assert layer.work(spec) == pytest.approx(weight.numel() / whole.numel())
        assert len(layer.axes) == (1 if depthwise else 2)


def test_each_layer_has_eight_widths_and_the_whole_one_last(layers):
    _, found = layers
    for layer in found:
        widths = layer.at_widths()
        assert widths[-1] == layer.spec
        assert len(widths) == len({(spec.inputs, spec.filters) for spec in widths}) <= 8
        work = [layer.work(spec) for spec in widths]
        assert work == sorted(work)
        assert work[-1] == 1


def test_places_are_those_of_the_shape(layers):
    tagger, found = layers
    shape = shape_of(tagger)
    for layer in found:
        for axis in layer.axes:
            assert axis.entries == sum(each * shape.widths[place] for place, each in axis.cuts)


def test_medians_by_layer_and_width(monkeypatch):
    """Rounds of known seconds instead of a clock, in this process."""
    specs = [LayerSpec("Linear", 4, n, (3,), {"bias": True}) for n in (2, 4)]
    calls = []

    def rounds(passes, references, threads, effort):
        assert [run()[0].shape for run in passes] == [(2, 3, 2), (2, 3, 4)]
        calls.append((references, threads, effort.min_rounds))
        return [[0.001, 0.004], [0.003, 0.005], [0.002, 0.009]]

    monkeypatch.setattr(layer_latency, "interleaved", rounds)
    monkeypatch.setattr(
        layer_latency,
        "in_child_by_steps",
        lambda threads, on_step, run, *args: run(*args, on_step=on_step),
    )
    steps = []
    found = layer_milliseconds(
        [specs, specs],
        batch=2,
        threads=1,
        effort=Effort(min_rounds=5),
        on_step=lambda *step: steps.append(step),
    )
    assert steps == [(1, 2), (2, 2)]
    assert found == [[2.0, 5.0], [2.0, 5.0]]
    assert calls == [([1, 1], 1, 5)] * 2


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["eager", "onnxruntime"])
def test_a_wider_layer_takes_longer(backend):
    specs = [
        LayerSpec("Conv2d", n, n, (64, 32), {"kernel_size": 3, "padding": 1}, True, True) for n in (4, 64)
    ]
    (found,) = layer_milliseconds([specs], backend, effort=Effort(min_rounds=5, budget_seconds=1))
    assert 0 < 2 * found[0] < found[1]


def test_a_group_that_is_cut_unevenly_is_refused(layers):
    """Layers are timed at widths that follow from how many entries go with each filter."""
    tagger, _ = layers
    whole = tagger.chosen(tagger.scope("all"))[-1]
    filters = np.arange(whole.filters)
    filters[-1] = 0  # one filter has two entries, another none
    cuts = tuple(replace(part, filters=filters) for part in whole.cuts)
    groups = tuple(replace(group, cuts=cuts) if group is whole else group for group in tagger.groups)
    odd = tagger.with_model(tagger.model, groups)
    features = tagger.network.frontend.features(torch.zeros(1, 2 * tagger.network.frontend.sample_rate))
    with pytest.raises(InputError, match=rf"Those of `{re.escape(whole.name)}` have 0 to 2 in"):
        prunable_layers(odd, (whole.name,), features)
