"""Networks by name beside Cnn14: their groups, what stays whole, and what they read of files."""

from pathlib import Path

import pytest
import torch

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.network_declaration import declaration_problem
from prunebench.harness.networks.contract.waveforms import Waveforms
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.plugins.network_registry import BUILTIN, network_class, resolve_network
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.networks.state_dict import FRONT_END

REFERENCES = Path(__file__).parents[4] / "references.bib"
WIDTH = 1 / 8
# Groups of the published networks without their embedding, and the most layers that write one.
GROUPS = {
    "cnn6": (4, 1),
    "cnn10": (8, 1),
    "resnet22": (15, 3),
    "resnet38": (23, 7),
    "mobilenet_v1": (14, 1),
    "mobilenet_v2": (25, 4),
    "wavegram_logmel_cnn14": (20, 1),
    "cnn14_decision_level_max": (12, 1),
}


@pytest.fixture(scope="module", params=[*GROUPS, "mn"])
def tagger(request):
    """A small model with the network of its class."""
    network = resolve_network(f"{request.param}[width={WIDTH}]")
    found = tagger_of(network.build(5, seed=0))
    assert found.network == network
    return found


def features_of(tagger):
    """Noise of the shape that a network reads, two clips."""
    shape = (2, *tagger.network.example(tagger.model).shape[1:])
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def half_of(groups):
    return {group.name: range(0, group.filters - 1, 2) for group in groups}


@pytest.mark.parametrize("name", BUILTIN)
def test_a_name_leads_to_a_class_that_declares_itself(name):
    cls = network_class(name)
    assert (cls.name, declaration_problem(cls)) == (name, None)
    assert f"{{{cls.reference}," in REFERENCES.read_text(encoding="utf-8")


def test_groups_with_their_writers(tagger):
    if tagger.network.name != "mn":
        most = max(len(group.writers) for group in tagger.groups)
        assert (len(tagger.groups), most) == GROUPS[tagger.network.name]
    inner = tagger.network.parse_scope("inner", tagger.groups)
    assert tagger.scope(None) == inner  # networks whose groups have one writer each have no others
    assert all(len(group.writers) == 1 for group in tagger.chosen(inner))


def test_mn04_has_thirty_groups():
    groups = tagger_of(resolve_network("mn[width=0.4]").build(3, seed=0)).groups
    assert (len(groups), max(len(group.writers) for group in groups)) == (30, 4)
    assert groups[-1].name == "classifier.2"
    assert groups[-1].readers == ("classifier.5",)


def test_embedding_classifier_and_front_end_lose_no_filters(tagger):
    written = {part.tensor for group in tagger.groups for part in group.cuts if part.axis == 0}
    whole = ("fc1.", "fc_audioset.", "classifier.5.", "spectrogram_extractor", "logmel_extractor", "bn0.")
    assert not [name for name in written if name.startswith(whole)]
    assert "pre_block3.conv2.weight" not in written


def test_a_model_of_the_suite_is_pruned_without_naming_its_network(tagger):
    small = harness.prune(tagger.model, "l1", 0.5)
    kept = {group.name: group.filters for group in tagger_of(small).groups}
    inner = set(tagger.scope(None))
    for group in tagger.groups:
        expected = group.filters - group.filters // 2 if group.name in inner else group.filters
        assert kept[group.name] == expected


def test_pruned_widths_are_loaded(tagger):
    small = cut(tagger.model, tagger.groups, half_of(tagger.groups))
    loaded = tagger.network.load(small.state_dict(), 5)
    assert not loaded.training
    with torch.no_grad():
        expected, found = (tagger.network.logits(model, features_of(tagger)) for model in (small, loaded))
    assert torch.equal(found, expected)
    assert expected.shape == (2, 5)


def test_half_precision_and_an_absent_front_end_are_read(tagger):
    own = tagger.model.state_dict()
    state = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in own.items()
        if not name.endswith("num_batches_tracked") and name != "logmel_extractor.melW"
    }
    loaded = tagger.network.load(state).state_dict()
    for name, tensor in loaded.items():
        assert tensor.dtype == own[name].dtype
        exact = name in FRONT_END or name.endswith("num_batches_tracked")
        assert torch.equal(tensor, own[name] if exact else own[name].half().float())


def test_a_new_head_keeps_the_rest(tagger):
    new = tagger.network.with_new_head(tagger.model, 3, seed=1)
    assert tagger.network.n_classes(new) == 3
    other = new.state_dict()
    head = f"{tagger.network.head[-1]}."
    assert all(
        torch.equal(other[name], tensor)
        for name, tensor in tagger.model.state_dict().items()
        if not name.startswith(head)
    )


DAMAGES = [
    ("logmel_extractor.melW", lambda t: t * 1.5, "must have the front end of PANNs at 32 kHz"),
    ("logmel_extractor.melW", lambda t: t[:, :32], "must have the front end of PANNs at 32 kHz"),
    (
        "conv_block2.conv1.weight",
        lambda t: t * float("nan"),
        "values of `conv_block2.conv1.weight` .* are not",
    ),
    ("conv_block1.bn1.running_var", lambda t: -t, "variances of its batch norms not negative"),
    ("fc1.bias", lambda t: t.to(torch.int64), "`fc1.bias` in a checkpoint of cnn6.* is of type int64"),
    ("fc1.bias", lambda t: t.to_sparse(), "`fc1.bias` in a checkpoint of cnn6.* is sparse"),
    ("fc1.weight", lambda t: torch.cat([t, t]), "must have at most the shape"),
    ("conv_block1.conv1.weight", lambda t: t[:3], "must fit together"),
    ("fc_audioset.weight", lambda t: t[:4], "must fit together|at most the shape"),
]


@pytest.mark.parametrize(("name", "damage", "message"), DAMAGES)
def test_a_checkpoint_that_cannot_be_is_one_sentence(name, damage, message):
    network = resolve_network("cnn6[width=0.125]")
    state = network.build(5, seed=0).state_dict()
    state[name] = damage(state[name])
    with pytest.raises(InputError, match=message):
        network.load(state)


def test_a_checkpoint_of_another_network_is_refused():
    other = resolve_network("cnn10[width=0.125]").build(5, seed=0).state_dict()
    with pytest.raises(
        InputError,
        match=r"A checkpoint of cnn6\[width=0\.125\] must contain the 36 tensors of this network and no others\. "
        "This one also has 24 others, for example",
    ):
        resolve_network("cnn6[width=0.125]").load(other)
    with pytest.raises(InputError, match=r"must have 4 classes\. Found 5"):
        resolve_network("cnn10[width=0.125]").load(other, 4)


@pytest.mark.parametrize("name", [*GROUPS, "mn"])
@pytest.mark.parametrize("width", [0, -1, 4.5, float("nan")])
def test_impossible_widths(name, width):
    with pytest.raises(InputError, match="Parameter `width` must lie in"):
        network_class(name)(width=width)


def test_a_wavegram_reads_the_waveform_itself():
    network = resolve_network("wavegram_logmel_cnn14[width=0.125]")
    waveforms = torch.randn(2, 22_000, generator=torch.Generator().manual_seed(2)) / 10
    features = network.frontend.features(waveforms)
    assert features.shape == (2, 22_000, network.frontend.mels)
    assert network.frontend == Waveforms(32_000)
    assert (network.frontend.window, network.frontend.hop) == (1, 1)
    model = network.build(3, seed=0)
    with torch.no_grad():
        assert torch.equal(network.logits(model, features), model(waveforms).logits)


def test_features_of_mn_are_its_log_mels_without_a_graph():
    front = resolve_network("mn").frontend
    waveforms = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(2)).requires_grad_()
    assert torch.equal(front.features(waveforms), front.log_mel(waveforms).detach())
    assert not front.features(waveforms).requires_grad
