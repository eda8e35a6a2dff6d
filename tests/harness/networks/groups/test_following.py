"""Which batch norm and which non-linearity belong to a layer."""

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network


def test_an_average_between_a_convolution_and_its_batch_norm_is_passed_over():
    network = resolve_network("mobilenet_v2[width=0.125]")
    first = Tagger(network, network.build(5, seed=1)).groups[0].writers[0]
    assert (first.module, first.norm, first.observed) == ("features.0.0", "features.0.2", "features.0.2")
    assert first.activation == "relu6"
