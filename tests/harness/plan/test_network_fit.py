"""A network that somebody else wrote is refused before any training where it does not do as it says."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import PANNS
from prunebench.harness.plan.network_fit import check_network_fits

CLASSES = 5


@dataclass(frozen=True)
class Own(Network):
    name: ClassVar[str] = "own"
    tail: ClassVar[str] = "two"
    stem: ClassVar[tuple[str, ...]] = ("one",)
    frontend = PANNS
    head = ("classes",)

    def build(self, n_classes, *, seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers = {
                "one": nn.Conv2d(1, 4, 3),
                "two": nn.Conv2d(4, 3, 3),
                "classes": nn.Linear(3, n_classes),
            }
            return nn.ModuleDict(layers).eval()

    def logits(self, model, features):
        return self.from_stem(model, self.stem_outputs(model, features))

    def stem_outputs(self, model, features):
        return model["one"](features[:, None]).relu()

    def from_stem(self, model, outputs):
        return model["classes"](model["two"](outputs).relu().mean((2, 3)))


def own(**changed):
    """The network with methods of another kind."""
    return dataclass(frozen=True)(type("Changed", (Own,), changed))()


def fails(self, n_classes, *, seed):
    if seed:
        raise KeyError("weights\nof this seed")
    return Own().build(n_classes, seed=0)


def logits(change):
    return {"logits": lambda self, model, features: change(Own.logits(self, model, features))}


class Features:
    """A front end with numbers; what it makes is of another shape."""

    sample_rate, window, hop, mels = 32000, 1024, 320, 64

    def features(self, waveforms):
        return waveforms


def test_what_does_as_it_says_is_taken():
    check_network_fits(Own(), CLASSES)
    check_network_fits(own(tail=None, stem=()), CLASSES)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"build": fails}, "must build a model of 5 classes. Found KeyError: 'weights.*of this seed'"),
        ({"build": lambda self, n_classes, *, seed: None}, "must build a `torch.nn.Module`. Found NoneType"),
        (
            {"build": lambda self, n_classes, *, seed: Own().build(n_classes, seed=0)},
            "must have other weights for another seed, .* Found the same weights for seeds 0 and 1",
        ),
        (
            {"build": lambda self, n_classes, *, seed: Own().build(n_classes, seed=torch.seed())},
            "must have the same weights for the same seed",
        ),
        (
            {"build": lambda self, n_classes, *, seed: Own().build(n_classes + 1, seed=seed)},
            r"must give logits \(clips, classes\), here \(2, 5\). Found \(2, 6\)",
        ),
        (logits(lambda found: found[:, :, None]), r"here \(2, 5\). Found \(2, 5, 1\)"),
        (logits(lambda found: found.mean(0, keepdim=True)), r"here \(2, 5\). Found \(1, 5\)"),
        (logits(lambda found: (found,)), r"here \(2, 5\). Found tuple"),
        (logits(lambda found: found * float("nan")), "must give finite logits. Found 10 of 10"),
        (logits(lambda found: found.no_such_thing), "must give logits of features. Found AttributeError"),
        ({"frontend": None}, "front end of network `own` must give its `sample_rate`. Found AttributeError"),
        ({"frontend": Features()}, r"must give features \(clips, frames, mels\), here \(2, …, 64\)"),
        ({"stem": ("away",)}, "names `away`, but its model has no such module: correct its `stem`"),
        (
            {"from_stem": lambda self, model, outputs: Own.from_stem(self, model, outputs) + 1}
            | logits(lambda found: found - 1),
            "The tail of network `own` must compute the network's logits from the outputs of its stem",
        ),
        ({"stem": ("classes",)}, "must contain every tensor that `stem_outputs` uses"),
        (
            {"stem_outputs": Network.stem_outputs, "logits": lambda self, model, features: torch.zeros(2, 5)},
            "no tail",
        ),
    ],
)
def test_what_does_not_is_told_which_method_to_mend(changed, message):
    with pytest.raises(InputError, match=message):
        check_network_fits(own(**changed), CLASSES)
