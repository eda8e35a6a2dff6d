"""A network of one's own may give or raise anything: one sentence, before anything is scored or written."""

import sys
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import PANNS
from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import with_parameters


class Small(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.one, self.two, self.classes = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 6, 3), nn.Linear(6, n_classes)

    def forward(self, x):
        return self.classes(torch.relu(self.two(torch.relu(self.one(x)))).mean((2, 3)))


@dataclass(frozen=True)
class Own(Network):
    name: ClassVar[str] = "own"

    @property
    def frontend(self):
        return PANNS

    @property
    def head(self):
        return ("classes",)

    def build(self, n_classes, *, seed):
        return Small(n_classes)

    def logits(self, model, features):
        return model(features[:, None])


def own(**changed):
    """The network with methods of another kind."""
    return dataclass(frozen=True)(type("Changed", (Own,), changed))


WHOLE = (Cut("one.weight", 0), Cut("one.bias", 0), Cut("two.weight", 1))


def group(cuts=WHOLE, filters=8, module="one", activation="relu"):
    return lambda self, model: (
        Group("one", (Writer(module, None, "one", activation),), ("two",), filters, cuts),
    )


def named(name):
    return lambda self, model: (Group(name, (Writer("one", None, "one", "relu"),), ("two",), 8, WHOLE),)


def leave(*arguments):
    sys.exit(4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"groups": leave}, "Network `own` must name its groups. Found SystemExit: 4"),
        ({"groups": lambda self, model: None}, "must name its groups. Found TypeError"),
        ({"groups": lambda self, model: (3,)}, "must give its groups as values of `Group`.* Found 3"),
        (
            {"groups": group(filters=9)},
            "must have the 9 filters that the group has. Found 8 filters in `one`",
        ),
        ({"groups": group(module="away")}, "Found no weight in `away`"),
        ({"groups": group(activation="swish")}, "for layer `one` must be one of identity, .* Found `swish`"),
        (
            {"groups": group(cuts=WHOLE[::2])},
            "The groups of the network's method `groups` are wrong, because the smaller model fails",
        ),
        ({"groups": lambda self, model: group()(self, model) * 2}, "its own name. Found `one` twice"),
        ({"groups": named("all")}, "none of `all`, .* which are names of scopes. Found 'all'"),
        ({"groups": named("one, two")}, "must be words without commas or line ends"),
        ({"groups": named("one\ntwo")}, "must be words without commas or line ends"),
        ({"parse_scope": leave}, "Network `own` must read a scope. Found SystemExit: 4"),
        ({"parse_scope": lambda self, text, groups: None}, "must read a scope. Found TypeError"),
        (
            {"parse_scope": lambda self, text, groups: ()},
            "The scope `all` contains none of the 2 groups of own: give `all` or names of groups",
        ),
        ({"default_scope": None}, "must read a scope. Found TypeError"),
    ],
)
def test_groups_and_scopes(changed, message):
    with pytest.raises(InputError, match=message):
        harness.prune(Small(3), "l1", 0.5, network=own(**changed)())


def test_groups_given_by_hand_are_cut():
    small = harness.prune(Small(3), "l1", 0.5, network=own(groups=group())())
    assert (small.one.out_channels, small.two.in_channels, small.two.out_channels) == (4, 4, 6)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"head": property(leave)}, "must have a label and a head. Found SystemExit"),
        ({"head": "classes"}, r"must be a tuple of names of modules.* Found 'classes'"),
        ({"head": ()}, r"must be a tuple of names of modules.* Found \(\)"),
        ({"label": property(leave)}, "must have a label and a head. Found SystemExit"),
        ({"label": 3}, "its label is of type int"),
    ],
)
def test_labels_and_heads(changed, message):
    with pytest.raises(InputError, match=message):
        with_parameters(own(**changed), {})


FILE = """
from dataclasses import dataclass
from typing import ClassVar
from torch import nn
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import PANNS

@dataclass(frozen=True)
class Given(Network):
    name: ClassVar[str] = "given"
    frontend = PANNS
    head = ("classes",)
    def build(self, n_classes, *, seed):
        return nn.ModuleDict({"classes": nn.Linear(4, n_classes)})
    def logits(self, model, features):
        return model["classes"](features[:, 0, :4])
"""


def test_a_load_that_gives_no_model(tmp_path):
    file, weights = tmp_path / "given.py", tmp_path / "weights.pth"
    file.write_text(FILE + "    def load(self, state, n_classes=None):\n        return None\n")
    torch.save(nn.ModuleDict({"classes": nn.Linear(4, 3)}).state_dict(), weights)
    with pytest.raises(InputError, match="`load` gave a NoneType, which is not a module"):
        read_any_checkpoint(weights, files=[file])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (  # a few bytes that pose as a matrix
            {"classes.weight": torch.zeros(1, 1).expand(10**12, 4)},
            r"`classes\.weight` in .* has the shape \(1000000000000, 4\) and fewer values",
        ),
        (
            {"classes.weight": torch.tensor(1.0)},
            r"a row of `classes\.weight` for each class\. Found the shape \(\)",
        ),
        ({"classes.weight": torch.zeros(3)}, r"for each class\. Found the shape \(3,\)"),
        ({"classes.weight": torch.zeros(0, 4)}, r"for each class\. Found the shape \(0, 4\)"),
        ({"classes.bias": 3}, r"must contain only tensors\. `classes\.bias` in .* is of type int"),
    ],
)
def test_tensors_that_are_none(changed, message, tmp_path):
    file, weights = tmp_path / "given.py", tmp_path / "weights.pth"
    file.write_text(FILE)
    torch.save({"classes.weight": torch.zeros(3, 4), "classes.bias": torch.zeros(3), **changed}, weights)
    with pytest.raises(InputError, match=message):
        read_any_checkpoint(weights, files=[file])
