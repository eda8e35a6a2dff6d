"""`timm:NAME`: convolutional networks and plain vision transformers of timm on log-mels."""

import copy
import pickle

import pytest
import torch
from torch import nn

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT
from prunebench.harness.networks.frontend import PANNS
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.plugins.network_registry import is_network, resolve_network
from prunebench.harness.testing import check_network

pytestmark = pytest.mark.usefixtures("timm")
# Groups, those that one layer writes, and the most layers that write one, of torch-pruning 1.6.1.
GROUPS = {
    "resnet18": (12, 8, 3),
    "mobilenetv2_035": (25, 20, 4),
    "mobilenetv3_small_050": (26, 23, 5),
    "efficientnet_lite0": (24, 19, 4),
    "regnetx_002": (5, 1, 8),
}


def tagger_of(label, classes=3):
    network = resolve_network(label)
    return Tagger(network, network.build(classes, seed=0))


def noise(tagger, frames=200, clips=2):
    shape = (clips, frames, tagger.network.frontend.mels)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def apart(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_vit"])
def test_the_smallest_of_each_kind_pass_the_kit(name):
    check_network(resolve_network(f"timm:{name}"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "resnet10t[mels=128]",
        "mobilenetv2_035",
        "mobilenetv3_small_050",
        "mobilenetv4_conv_small_035",
        "efficientnet_b0",
        "tf_efficientnet_lite0",
        "densenet121",
        "regnety_002",
        "vit_tiny_patch16_224",
        "deit_tiny_patch16_224",
        "vit_tiny_patch16_224[mels=128]",
        "test_vit2[frames=200]",
        "test_vit3",
    ],
)
def test_whole_families_pass_the_kit(name):
    check_network(resolve_network(f"timm:{name}"))


@pytest.mark.parametrize("name", GROUPS)
def test_groups_are_found_and_held_against_masking(name):
    tagger = tagger_of(f"timm:{name}")
    writers = [len(group.writers) for group in tagger.groups]
    assert (len(writers), writers.count(1), max(writers)) == GROUPS[name]
    assert len(tagger.scope(None)) == writers.count(1)


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "test_efficientnet"])
def test_gates_and_depthwise_convolutions_never_vote(name):
    tagger = tagger_of(f"timm:{name}")
    voting = {writer.module for group in tagger.groups for writer in group.writers}
    gates = {name for name, _ in tagger.model.named_modules() if name.endswith("se.conv_expand")}
    depthwise = {name for name, m in tagger.model.named_modules() if getattr(m, "groups", 1) > 1}
    assert gates
    assert depthwise
    assert not voting & (gates | depthwise)
    removed = {part.tensor for group in tagger.groups for part in group.cuts if part.axis == 0}
    assert {f"{name}.weight" for name in gates} <= removed


def test_a_batch_norm_with_its_own_nonlinearity_is_found():
    for name, expected in (("mobilenetv2_035", "relu6"), ("test_efficientnet", "identity")):  # SiLU, once
        writers = {w.module: w for group in tagger_of(f"timm:{name}").groups for w in group.writers}
        assert (writers["conv_stem"].norm, writers["conv_stem"].activation) == ("bn1", expected)


def test_the_seed_decides_the_weights_and_the_classes_are_the_heads():
    network = resolve_network("timm:test_resnet")
    one, same, other = (network.build(4, seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["conv1.0.weight"], other["conv1.0.weight"])
    assert (network.head, network.n_classes(network.build(4, seed=0))) == (("fc",), 4)
    assert one["conv1.0.weight"].shape[1] == 1


def test_labels_front_ends_and_values():
    small, large = resolve_network("timm:test_resnet"), resolve_network("timm:test_resnet[mels=128]")
    assert (small.label, small.frontend, small.default_scope) == ("timm:test_resnet", PANNS, "inner")
    assert (large.label, large.frontend) == ("timm:test_resnet[mels=128]", EFFICIENTAT)
    vit = resolve_network("timm:test_vit[frames=500]")
    assert (vit.label, vit.default_scope) == ("timm:test_vit[frames=500]", "mlp")
    for network in (small, large, vit):
        assert resolve_network(network.label) == network
        assert pickle.loads(pickle.dumps(network)) == network
    assert is_network("timm:test_resnet")
    assert not is_network("test_resnet")


def test_a_batch_norm_over_mels_stands_before_the_network():
    tagger = tagger_of("timm:test_resnet")
    features = noise(tagger)
    bn0 = tagger.model.bn0
    with torch.no_grad():
        bn0.running_mean.uniform_(-60, 0, generator=torch.Generator().manual_seed(2))
        bn0.running_var.fill_(400.0)
        image = (features - bn0.running_mean) / (bn0.running_var + bn0.eps).sqrt()
        expected = tagger.model(image[:, None])
        assert apart(tagger.logits(features), expected) < 1e-5


def in_colour(label, classes=7):
    """A state dict as timm publishes them: three colours, no batch norm over mels."""
    tagger = tagger_of(label, classes)
    state = {name: tensor for name, tensor in tagger.model.state_dict().items() if not name.startswith("bn0")}
    draw = torch.Generator().manual_seed(3)
    for layer in tagger.network.architecture.first:
        weight = state[f"{layer}.weight"]
        state[f"{layer}.weight"] = torch.randn(len(weight), 3, *weight.shape[2:], generator=draw)
    return tagger.network, state


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_vit"])
def test_published_weights_are_read_from_a_file(name):
    network, state = in_colour(f"timm:{name}")
    loaded = network.load(state, 7).state_dict()
    (first,) = network.architecture.first
    assert torch.equal(loaded[f"{first}.weight"], state[f"{first}.weight"].sum(1, keepdim=True))
    rest = [key for key in state if key != f"{first}.weight"]
    assert all(torch.equal(loaded[key], state[key]) for key in rest)
    assert torch.equal(loaded["bn0.running_var"], torch.ones(64))
    new = network.with_new_head(network.load(state), 3, seed=1)
    assert network.n_classes(new) == 3


def test_positions_of_an_image_are_resampled_to_a_clip(timm):
    network, state = in_colour("timm:test_vit")
    own = timm.create_model("test_vit", pretrained=False).pos_embed.detach()
    loaded = network.load({**state, "pos_embed": own}).pos_embed
    rows, columns = network.grid
    assert (rows, columns, loaded.shape[1]) == (63, 4, 63 * 4 + 1)
    assert torch.equal(loaded[:, 0], own[:, 0])
    with pytest.raises(
        InputError, match=r"must have 253 positions, or as many as a square image needs\. Found 8"
    ):
        network.load({**state, "pos_embed": torch.zeros(1, 8, own.shape[2])})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("fc.weight"), "must contain `fc.weight`"),
        (
            lambda s: s.pop("conv1.0.weight"),
            "must contain the .* tensors of this network and no others. This one lacks 1 of them",
        ),
        (lambda s: s.pop("bn0.bias"), "This one lacks 1 of them, for example `bn0.bias`"),
        (lambda s: s.update(extra=torch.zeros(1)), "This one also has 1 other, for example `extra`"),
    ],
)
def test_files_are_read_strictly(change, message):
    tagger = tagger_of("timm:test_resnet")
    state = tagger.model.state_dict()
    change(state)
    with pytest.raises(InputError, match=message):
        tagger.network.load(state)


def test_hidden_units_of_the_mlps_alone_are_offered_and_exact():
    tagger = tagger_of("timm:vit_tiny_patch16_224")
    groups = tagger.groups
    assert [group.name for group in groups] == [f"blocks.{i}.mlp.fc1" for i in range(12)]
    for scope in ("mlp", "all", "inner", None):
        assert tagger.scope(scope) == tuple(group.name for group in groups)
    half = {group.name: range(0, group.filters, 2) for group in groups}
    masked = tagger_of("timm:vit_tiny_patch16_224").model
    for name, units in half.items():
        layer = masked.get_submodule(name)
        with torch.no_grad():
            layer.weight[list(units)] = 0
            layer.bias[list(units)] = 0
    small, features = Tagger(tagger.network, cut(tagger.model, groups, half)), noise(tagger)
    with torch.no_grad():
        assert apart(small.logits(features), tagger.network.logits(masked, features)) < 1e-5
        assert apart(small.logits(features), tagger.logits(features)) > 1e-3


def test_a_shorter_clip_takes_the_first_positions():
    tagger = tagger_of("timm:test_vit[frames=320]")
    short = tagger_of("timm:test_vit[frames=160]")
    state = tagger.model.state_dict()
    prefix, (_, columns) = 1, tagger.network.grid
    state["pos_embed"] = state["pos_embed"][:, : prefix + 10 * columns]
    short.model.load_state_dict(state)
    for frames in (160, 150, 1):
        features = noise(tagger, frames)
        with torch.no_grad():
            assert apart(tagger.logits(features), short.logits(features)) < 1e-5
    with pytest.raises(
        InputError,
        match=r"positions for 160 frames. Found a clip of 161: train the network under the name .*\[frames=161\]",
    ):
        short.logits(noise(tagger, 161))


@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_whole_models_are_copied_and_pickled(name):
    tagger = tagger_of(f"timm:{name}")
    features = noise(tagger)
    with torch.no_grad():
        expected = tagger.logits(features)
        for model in (copy.deepcopy(tagger.model), pickle.loads(pickle.dumps(tagger.model))):
            assert type(model) is type(tagger.model)
            assert torch.equal(tagger.network.logits(model, features), expected)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("timm:convnext_atto", r"cannot be pruned: layer norm over channels \(`stem\.1`\)"),
        ("timm:test_convnext2", "cannot be pruned: layer norm over channels"),
        ("timm:swin_tiny_patch4_window7_224", "cannot be pruned: layer norm over channels"),
        ("timm:deit_tiny_distilled_patch16_224", "cannot be pruned: layer norm over channels"),
        (
            "timm:aimv2_large_patch14_224",
            "cannot be pruned: in its MLPs, the hidden units pass a gate, or a norm",
        ),
        (
            "timm:beit3_base_patch16_224",
            "cannot be pruned: in its MLPs, the hidden units pass a gate, or a norm",
        ),
        ("timm:resnt18", r"timm has no architecture `resnt18`; did you mean `resnet18`"),
        ("timm:", "timm has no architecture ``"),
        ("timm:NAME", "timm has no architecture `NAME`"),
        ("timm:shufflenet_v2", "timm has no architecture `shufflenet_v2`"),
        ("timm:resnet18.a1_in1k", "without the tag of published weights.*name `timm:resnet18`"),
        ("timm:test_resnet[mels=80]", "`mels` must be 64 or 128. Found `80`"),
        ("timm:test_resnet[width=0.5]", "has no parameter `width`; its parameters: `mels`"),
        ("timm:test_resnet[name=timm:test_vit]", "must have a single name"),
        ("timm:test_vit[frames=0]", "`frames` must be a whole number above 0. Found `0`"),
        ("timm:test_vit[frames=many]", "`frames` must be a whole number above 0. Found `'many'`"),
        ("timm", "Unknown network `timm`; .*`timm:NAME`"),
    ],
)
def test_what_is_refused_by_its_name(label, message):
    with pytest.raises(InputError, match=message):
        resolve_network(label)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dpn48b", "must be found by torch-pruning's dependency graph. Found IndexError"),
        pytest.param(
            "skresnet18",
            "Removing filters of ResNet must give the same outputs as masking them",
            marks=pytest.mark.slow,
        ),
        ("hrnet_w18_small", "must run on features of shape"),
    ],
)
def test_what_is_refused_when_its_groups_are_sought(name, message):
    tagger = tagger_of(f"timm:{name}")
    with pytest.raises(InputError, match=f"`timm:{name}` cannot be pruned as it is. .*{message}"):
        _ = tagger.groups


def test_a_module_of_timm_is_pruned_through_traced(timm):
    model = timm.create_model("test_efficientnet", pretrained=False, in_chans=1, num_classes=3)
    small = harness.prune(model, "l1", 0.5, network=harness.traced(head=("classifier",)))
    assert small.conv_stem.out_channels == model.conv_stem.out_channels // 2
    assert small.classifier.out_features == 3


class Torchvision(nn.Module):
    """As torchvision's `resnet18`: three colours, a stem with a pooling, blocks with a shortcut, `fc`."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8)
        self.relu, self.maxpool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 3)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.relu(self.bn2(self.conv2(x)) + x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


def test_a_module_for_three_colours_is_pruned_through_traced():
    network = harness.traced(
        head=("fc",), forward=lambda m, features: m(features[:, None].expand(-1, 3, -1, -1))
    )
    small = harness.prune(Torchvision(), "l1", 0.5, network=network)
    assert (small.conv1.in_channels, small.conv1.out_channels, small.conv2.out_channels) == (3, 4, 4)
