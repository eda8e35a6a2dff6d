"""A built-in network is traced once for its models of one size, and whatever may differ is traced again."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from prunebench.harness import resolve_network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups import traced_before
from prunebench.harness.networks.groups.traced_before import traced_once

NETWORK = resolve_network("cnn6[width=0.0625]")


@pytest.fixture
def traced(monkeypatch):
    """How often each call of `groups` traced: asks for the groups of a model of a network."""
    known = type(traced_before._TRACED)()
    monkeypatch.setattr(traced_before, "_TRACED", known)

    def count(*asked):
        known.clear()
        calls = []
        for network, model in asked:
            traced_once(network, model, lambda model=model: calls.append(model) or ())
        return len(calls)

    return count


def built(seed=0):
    return NETWORK.build(4, seed=seed)


def test_models_of_one_size_are_traced_once(traced):
    assert traced((NETWORK, built()), (NETWORK, built(1))) == 1


def test_another_network_size_or_module_is_traced(traced):
    tagger = Tagger(NETWORK, built())
    smaller = tagger.without({tagger.groups[0].name: (0,)}).model
    other = built()
    other.conv_block1.bn1 = type("Norm", (type(other.conv_block1.bn1),), {})(
        len(other.conv_block1.bn1.weight)
    )
    wider = resolve_network("cnn6[width=0.125]")
    models = [(NETWORK, built()), (NETWORK, smaller), (NETWORK, other), (wider, wider.build(4, seed=0))]
    assert traced(*models) == 4


def test_a_model_with_hooks_or_a_forward_of_its_own_is_traced_each_time(traced):
    hooked, changed = built(), built()
    hooked.fc1.register_forward_hook(lambda *_: None)
    changed.fc1.forward = lambda x: x
    assert traced((NETWORK, hooked), (NETWORK, hooked), (NETWORK, changed), (NETWORK, changed)) == 4


def test_a_model_whose_settings_differ_is_traced(traced):
    """Without a shortcut, two groups that the shortcut joins can be pruned apart."""
    network = resolve_network("mn[width=0.1]")
    usual, changed, again = (network.build(4, seed=seed) for seed in range(3))
    block = next(part for part in changed.features if getattr(part, "adds_input", False))
    block.adds_input = False
    assert traced((network, usual), (network, changed), (network, again)) == 2
    traced_before._TRACED.clear()
    assert len(network.groups(changed)) > len(network.groups(usual))
    changed.from_log_mel = lambda features: features
    assert traced((network, changed), (network, changed)) == 2


def test_a_network_of_a_user_is_traced_each_time(traced):
    own = type("Own", (type(NETWORK),), {"__module__": "own"})(width=0.0625)
    assert traced((own, built()), (own, built())) == 2


def test_few_are_remembered(traced, monkeypatch):
    monkeypatch.setattr(traced_before, "MOST", 1)
    tagger = Tagger(NETWORK, built())
    smaller = tagger.without({tagger.groups[0].name: (0,)}).model
    assert traced((NETWORK, built()), (NETWORK, smaller), (NETWORK, built())) == 3


def test_one_model_is_traced_at_a_time(monkeypatch):
    """Torch-Pruning's trace changes what all threads share, so two at once fail now and then."""
    monkeypatch.setattr(traced_before, "_TRACED", type(traced_before._TRACED)())
    running, most = [], []

    def trace():
        running.append(1)
        most.append(len(running))
        sleep(0.05)
        running.pop()
        return ()

    models = [built() for _ in range(3)]
    models[0].forward = models[1].forward = len  # traced each time
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda model: traced_once(NETWORK, model, trace), models))
    assert most == [1, 1, 1]


@pytest.mark.parametrize("order", [[1, 0], {"first": 1}, range(3)])
def test_settings_of_several_parts_count(traced, order):
    changed, usual = built(), built()
    usual.order, changed.order = type(order)() if order != range(3) else range(2), order
    assert traced((NETWORK, usual), (NETWORK, changed)) == 2


def test_a_class_that_computes_otherwise_than_before_is_traced(traced, monkeypatch):
    model = built()
    assert traced((NETWORK, model), (NETWORK, model)) == 1
    known = traced_before._key(NETWORK, model)
    monkeypatch.setattr(type(model.conv_block1), "forward", lambda self, *given: given[0])
    assert traced_before._key(NETWORK, model) != known
