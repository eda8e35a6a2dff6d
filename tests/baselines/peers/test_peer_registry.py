"""Peers give the very scores that torch-pruning gives on the whole model."""

from __future__ import annotations

import copy
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_pruning as tp
from torch import Tensor
from torch.nn import functional as F

from prunebench.baselines.peers.dependency_group import LayerModel, pack
from prunebench.baselines.peers.peer import GradientPeer
from prunebench.baselines.peers.peer_registry import PEERS, PREFIX
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.sources import resolve
from prunebench.pruners import get
from prunebench.pruners.contract import Gradients
from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.l2 import L2Norm
from prunebench.pruners.obd import OptimalBrainDamage
from prunebench.pruners.specimen import gaussian

REFERENCES = Path(__file__).parents[3] / "references.bib"
WIDTHS = (3, 4, 5, 4, 6, 5, 28, 7, 6, 30, 9, 27)  # from 26 filters on, FPGM takes another path
TRIED = ("C2", "C6", "C7", "C10", "C12")
CLIPS = 3
WEIGHTS_ONLY = {
    "tp:magnitude": tp.importance.GroupMagnitudeImportance(),
    "tp:magnitude[p=1]": tp.importance.GroupMagnitudeImportance(p=1),
    "tp:magnitude_single": tp.importance.GroupMagnitudeImportance(1, "first", None),
    "tp:fpgm": tp.importance.FPGMImportance(),
    "tp:lamp": tp.importance.LAMPImportance(),
    "tp:bn_scale": tp.importance.BNScaleImportance(),
}


@pytest.fixture(scope="module")
def model() -> Cnn14:
    model = Cnn14(WIDTHS, n_classes=4, embedding=9, seed=1).eval()
    generator = torch.Generator().manual_seed(2)
    for layer in LAYERS:
        norm = model.batch_norm(layer)
        norm.weight.data.uniform_(0.5, 1.5, generator=generator)
        norm.bias.data.uniform_(-0.3, 0.3, generator=generator)
    return model


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    return np.random.default_rng(3).normal(-30, 15, (CLIPS, 64, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def targets() -> np.ndarray:
    return np.random.default_rng(4).random((CLIPS, 4)) < 0.4


def groups(model: Cnn14) -> dict[str, tp.dependency.Group]:
    """The layers' groups on the whole model."""
    graph = tp.DependencyGraph().build_dependency(
        model, torch.zeros(1, 64, 64), forward_fn=lambda m, x: m.from_log_mel(x).logits, verbose=False
    )
    convolutions = {layer: model.convolution(layer) for layer in TRIED}
    return {
        layer: graph.get_pruning_group(root, tp.prune_conv_out_channels, idxs=list(range(root.out_channels)))
        for layer, root in convolutions.items()
    }


def loss(model: Cnn14, features: np.ndarray, targets: np.ndarray) -> Tensor:
    logits = model.from_log_mel(torch.from_numpy(features)).logits
    return F.binary_cross_entropy_with_logits(logits, torch.from_numpy(targets).float())


def peer(label: str):
    name, _, power = label.partition("[p=")
    return PEERS[name](p=int(power[:-1])) if power else PEERS[name]()


def assert_same(found: dict[str, Tensor], model: Cnn14, importance: tp.importance.Importance) -> None:
    for layer, group in groups(model).items():
        expected = importance(group)
        assert expected.shape == found[layer].shape
        torch.testing.assert_close(found[layer], expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("label", WEIGHTS_ONLY)
def test_importances_of_weights(label: str, model: Cnn14) -> None:
    assert_same(scored_layers(model, peer(label), TRIED).scores, model, WEIGHTS_ONLY[label])


@pytest.mark.parametrize("multivariable", [False, True])
def test_taylor(model: Cnn14, features: np.ndarray, targets: np.ndarray, multivariable: bool) -> None:
    pruner = PEERS["tp:taylor"](multivariable=multivariable)
    found = scored_layers(model, pruner, TRIED, features=features, targets=targets).scores
    twin = copy.deepcopy(model)
    loss(twin, features, targets).backward()
    assert_same(found, twin, tp.importance.GroupTaylorImportance(multivariable=multivariable))


def test_hessian(model: Cnn14, features: np.ndarray, targets: np.ndarray) -> None:
    found = scored_layers(model, PEERS["tp:hessian"](), TRIED, features=features, targets=targets).scores
    twin, importance = copy.deepcopy(model), tp.importance.GroupHessianImportance()
    for layer, group in groups(twin).items():
        for clip in range(CLIPS):
            twin.zero_grad()
            loss(twin, features[clip : clip + 1], targets[clip : clip + 1]).backward()
            importance.accumulate_grad(twin)
        torch.testing.assert_close(found[layer], importance(group), rtol=1e-5, atol=0)


def test_obdc_is_the_librarys_with_steps_of_one_clip(
    model: Cnn14, features: np.ndarray, targets: np.ndarray
) -> None:
    found = scored_layers(model, PEERS["tp:obdc"](), TRIED, features=features, targets=targets).scores
    twin, importance = copy.deepcopy(model), tp.importance.OBDCImportance()
    importance.modules = list(map(twin.convolution, LAYERS))
    for module in importance.modules:
        module.register_forward_pre_hook(importance._save_input)
        module.register_full_backward_hook(importance._save_grad_output)
    for clip in range(CLIPS):
        twin.zero_grad()
        loss(twin, features[clip : clip + 1], targets[clip : clip + 1]).backward()
        importance.step()
    importance.Fisher[twin.fc1] = torch.zeros(())  # looked up for C12, then not read
    assert_same(found, twin, importance)


def test_random_is_the_librarys_draw_and_leaves_the_global_generator_alone(model: Cnn14) -> None:
    before = torch.get_rng_state()
    first, again, other = (
        scored_layers(model, PEERS["tp:random"](), TRIED, seed=s).scores for s in (1, 1, 2)
    )
    assert torch.equal(before, torch.get_rng_state())
    for layer in TRIED:
        assert first[layer].dtype == torch.float32
        assert torch.equal(first[layer], again[layer])
        assert not torch.equal(first[layer], other[layer])


def test_a_random_peer_draws_as_the_library_does_after_seeding() -> None:
    view = gaussian(40).view(PEERS["tp:random"](), seed=5)
    seed = int(torch.randint(2**62, (), generator=torch.Generator().manual_seed(5)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = tp.importance.RandomImportance()(LayerModel(view).group())
    assert torch.equal(PEERS["tp:random"]().score(view), expected)


def test_single_magnitude_is_the_norm_of_the_literature(model: Cnn14) -> None:
    view = layer_view(tagger_of(model), "C7")
    l1, l2 = L1Norm().score(view), L2Norm().score(view)
    torch.testing.assert_close(PEERS["tp:magnitude_single"]().score(view), l1.float())
    torch.testing.assert_close(PEERS["tp:magnitude_single"](p=2).score(view), l2.square().float())


def test_obdc_orders_as_obd_where_gradients_are_not_tiny() -> None:
    specimen = gaussian(20, clips=5)
    ours, theirs = (specimen.scores(p).argsort() for p in (OptimalBrainDamage(), PEERS["tp:obdc"]()))
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("linear", [False, True])
def test_gradients_come_back_from_their_rows(linear: bool) -> None:
    specimen = gaussian(6, linear_consumer=linear)
    model = LayerModel(specimen.view(PEERS["tp:taylor"]()))
    tensors = {name: tensor[0] for name, tensor in specimen.tensors.items() if name.endswith("gradient")}
    model.set_gradients(
        pack(
            Gradients(
                tensors["weight_gradient"],
                tensors["bn_weight_gradient"],
                tensors["bn_bias_gradient"],
                tensors["consumer_weight_gradient"],
            )
        )
    )
    assert torch.equal(model.convolution.weight.grad, tensors["weight_gradient"])
    assert torch.equal(model.norm.weight.grad, tensors["bn_weight_gradient"])
    assert torch.equal(model.consumer.weight.grad, tensors["consumer_weight_gradient"])


def test_gradients_without_the_consumers_are_refused() -> None:
    one = torch.ones(1)
    with pytest.raises(LookupError, match="gradient of `consumer_weight`"):
        pack(Gradients(one, one, one))
    with pytest.raises(LookupError, match="gradient of the batch norm's scale"):
        pack(Gradients(one, consumer_weight=one))


@pytest.mark.parametrize("name", PEERS)
def test_peers_declare_themselves(name: str) -> None:
    cls = PEERS[name]
    assert name == cls.name
    assert name.startswith(PREFIX)
    assert not cls.released  # that mark is for what a criterion's authors published
    assert issubclass(cls, GradientPeer) == ("gradients" in cls.needs)
    assert re.search(r"1\.6\.1", inspect.getdoc(cls) or "")
    assert f"{{{cls.reference}," in REFERENCES.read_text(encoding="utf-8")


@pytest.mark.parametrize("p", [0, -1, "two", float("inf")])
def test_a_power_must_be_a_number_above_0(p: object) -> None:
    for name in ("tp:magnitude", "tp:magnitude_single", "tp:fpgm", "tp:lamp"):
        with pytest.raises(ValueError, match="`p` must be a finite number above 0"):
            PEERS[name](p=p)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_had_by_its_name_as_every_pruner(name: str) -> None:
    assert get(name) == PEERS[name]() == resolve(name)


def test_parameters_and_near_names_of_peers_are_those_of_every_pruner(tmp_path: Path) -> None:
    assert (
        get("tp:magnitude[p=1]")
        == get("tp:magnitude", p=1)
        == get("tp:magnitude[p=3]", p=1)
        != get("tp:magnitude")
    )
    for name, said in {
        "tp:magnitude[q=1]": "has no parameter `q`; its parameters: `p`",
        "tp:magnitud": "Unknown pruner `tp:magnitud`; did you mean `tp:magnitude`",
        "pt:magnitude": "Unknown pruner `pt:magnitude`",
        f"scores:{tmp_path}": "reads the scores of filters from a file: use `prunebench.harness.resolve('scores:",
    }.items():
        with pytest.raises(ValueError, match=re.escape(said)):
            get(name)
