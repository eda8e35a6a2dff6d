"""What budgets ask of a shape beside MACs and parameters: against the model that surgery leaves."""

import numpy as np
import pytest

from prunebench.eval.cost.activations import model_activation_peak_bytes
from prunebench.eval.cost.complexity import count_macs, count_parameters
from prunebench.eval.cost.file_size import file_bytes
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.budget_shape import shape_for
from prunebench.harness.networks.plugins.model_shapes import cut_to, shape_of
from prunebench.harness.networks.plugins.network_registry import resolve_network


@pytest.fixture(scope="module", params=["cnn14[width=0.015625]", "mobilenet_v1[width=0.125]"])
def left(request):
    """A shape with all costs, drawn widths, and the model that surgery leaves of it."""
    network = resolve_network(request.param)
    tagger = Tagger(network, network.build(5, seed=1))
    shape = shape_for(tagger, seconds=(1, 10), file=True)
    rng = np.random.default_rng(0)
    widths = tuple(int(rng.integers(1, filters + 1)) for filters in shape.widths)
    return shape, widths, measurable_of(cut_to(tagger, shape.by_group(widths)))


def test_macs_are_counted_on_the_clip_that_is_asked_for(left):
    shape, widths, model = left
    second = count_macs(model, model.frontend.sample_rate)
    assert shape.at(1).cost("macs_backbone", widths) == second.backbone
    assert shape.at(1).cost("macs_with_frontend", widths) == second.with_frontend
    assert shape.at(10).cost("macs_backbone", widths) == count_macs(model).backbone > second.backbone


def test_memory_is_that_of_weights_and_the_largest_convolution(left):
    shape, widths, model = left
    for seconds in (1, 10):
        activations = model_activation_peak_bytes(model, seconds * model.frontend.sample_rate, 4)
        assert shape.at(seconds).cost("memory", widths) == 4 * count_parameters(model) + activations


def test_the_file_is_as_long_as_the_shape_says(left):
    """Each tensor begins at a multiple of 64 bytes, so a pruned file may be off by less than that for each."""
    shape, widths, model = left
    off = shape.cost("file_bytes", widths) - file_bytes(model)
    assert abs(off) < 64 * len(model.state_dict())
    if widths != shape.widths:
        assert shape.cost("file_bytes", widths) < shape.cost("file_bytes")


def test_the_bytes_of_the_unpruned_file_are_exact():
    network = resolve_network("cnn6[width=0.0625]")
    tagger = Tagger(network, network.build(5, seed=1))
    assert shape_for(tagger, file=True).cost("file_bytes") == file_bytes(measurable_of(tagger))


def test_without_questions_it_is_the_shape_as_ever():
    network = resolve_network("cnn6[width=0.0625]")
    tagger = Tagger(network, network.build(5, seed=1))
    assert shape_for(tagger) == shape_of(tagger)
