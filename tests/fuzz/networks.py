"""Checkpoints of other networks than Cnn14, damaged or misnamed, and networks of a user's file that lie or fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases import DONE, EITHER, REFUSED, Case, Place
from checkpoints import ODD, odd
from weights import CONTROL, saved

SMALL = ("mn[width=0.1]", "resnet22[width=0.05]", "mobilenet_v2[width=0.1]", "cnn6[width=0.05]")
OWN = """
from dataclasses import dataclass
import torch
from torch import nn
from prunebench.harness.networks.contract import Network


@dataclass(frozen=True)
class Loudness:
    sample_rate: int = 8000
    window: int = 800
    hop: int = 800
    mels: int = 64
    counted_as = "fft"
    shortest = 800

    def frames(self, samples):
        return samples // 800

    def macs(self, samples):
        return samples

    def features(self, waveforms):
        loud = waveforms.unfold(1, self.window, self.hop).square().mean(-1, keepdim=True)
        return loud.expand(-1, -1, 64)


@dataclass(frozen=True)
class Own(Network):
    name = "own"
    head = ("4",)
    frontend = Loudness()

    def build(self, n_classes, *, seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), *pool, nn.Linear(8, n_classes)).eval()

    def logits(self, model, features):
        return model(features[:, None])
"""
# What a line of `OWN` becomes, so that the network lies or fails.
LIES = (
    ("sample_rate: int = 8000", "sample_rate: int = 0"),
    ("sample_rate: int = 8000", "sample_rate: int = -8000"),
    ("sample_rate: int = 8000", 'sample_rate: str = "fast"'),
    ("sample_rate: int = 8000", "sample_rate: float = 8000.5"),
    ("window: int = 800", "window: int = None"),
    ("mels: int = 64", "mels: int = 63"),
    ("mels: int = 64", "mels: int = 0"),
    ('counted_as = "fft"', 'counted_as = "guess"'),
    ('counted_as = "fft"', "counted_as = []"),
    ("shortest = 800", "shortest = -5"),
    ("shortest = 800", 'shortest = "long"'),
    ("return samples // 800", "return -1"),
    ("return samples // 800", "return 'many'"),
    ("return samples // 800", "raise SystemExit(0)"),
    ("return samples // 800", "return samples // 800 + 3"),
    ("        return samples\n", "        return 'lots'\n"),
    ("        return samples\n", "        raise KeyError('macs')\n"),
    ("        return samples\n", "        return float('nan')\n"),
    ("return loud.expand(-1, -1, 64)", "return loud.expand(-1, -1, 64)[0]"),
    ("return loud.expand(-1, -1, 64)", "return None"),
    ("return loud.expand(-1, -1, 64)", "raise RuntimeError('\\x1b[31m no')"),
    ("return loud.expand(-1, -1, 64)", "return loud.expand(-1, -1, 64).numpy()"),
    ("return model(features[:, None])", "return model(features[:, None])[:, :1]"),
    ("return model(features[:, None])", "return model(features[:, None])[0]"),
    ("return model(features[:, None])", "return None"),
    ("return model(features[:, None])", "return model(features[:, None]) * float('nan')"),
    ("return model(features[:, None])", "raise SystemExit(3)"),
    ("return model(features[:, None])", "return model(features[:, None]).tolist()"),
    ("frontend = Loudness()", "frontend = None"),
    ("frontend = Loudness()", "frontend = Loudness"),
)
VERBS = (
    ("measure", "--json"),
    ("measure", "--counters", "all"),
    ("measure", "--data", "synth", "--set", "training_clips=24", "--set", "test_clips=24"),
    ("tag",),
    ("export", "-o", "out.onnx"),
    ("export", "--frontend", "outside", "-o", "out.onnx"),
    ("export", "--format", "safetensors", "-o", "out.safetensors"),
)
WRITES = ("out.onnx", "out.safetensors")


def state_of(label: str) -> dict[str, Any]:
    from prunebench.harness import resolve_network

    return dict(resolve_network(label).build(3, seed=0).state_dict())


def words_of(place: Place, file: str, options: Sequence[str]) -> list[str]:
    """A verb on a checkpoint."""
    verb, *rest = place.chance.choice(VERBS)
    sounds = [place.put("x.wav")] if verb == "tag" else []
    return [verb, file, *sounds, *rest, *options]


def whole(place: Place) -> Case:
    """A file of a published form, named rightly."""
    label = place.chance.choice(SMALL)
    words = words_of(place, saved(place, {"model": state_of(label)}), ["--network", label])
    return Case(words, EITHER if "--data" in words else DONE, WRITES)


def odd_tensor(place: Place) -> Case:
    label = place.chance.choice(SMALL)
    state = state_of(label)
    key = place.chance.choice([key for key in state if state[key].ndim >= 2])
    state[key] = odd(state[key], place.chance.choice(ODD))
    return Case(words_of(place, saved(place, state), ["--network", label]), EITHER, WRITES)


def other_tensors(place: Place) -> Case:
    """Some tensors are gone, or of another network."""
    label, other = place.chance.sample(SMALL, 2)
    state = state_of(label)
    if place.chance.random() < 0.5:
        state = state_of(other)
    else:
        del state[place.chance.choice([key for key in state if key.endswith("weight")])]
    return Case(words_of(place, saved(place, state), ["--network", label]), REFUSED)


def odd_name(place: Place) -> Case:
    label = place.chance.choice(
        ("", " ", "mn[", "mn[width=", "mn[width=0]", "mn[width=nan]", "mn[width=1e9]", "mn[depth=3]", "MN", CONTROL,
         "timm:", "timm:no_such", "cnn14[sample_rate=1]", "x" * 5000, "mn[width=0.1,width=0.2]", "../mn", "traced")
    )  # fmt: skip
    file = saved(place, state_of("mn[width=0.1]"))
    return Case(words_of(place, file, ["--network", label]), REFUSED)


def own_network(place: Place, text: str, codes: frozenset[int]) -> Case:
    place.write("own.py", OWN)
    from prunebench.harness.networks.contract.tagger import Tagger
    from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
    from prunebench.harness.networks.plugins.network_registry import file_networks

    network = file_networks([place.at / "own.py"])["own"]()
    save_any_checkpoint(Tagger(network, network.build(3, seed=0)), place.at / "w.pt", style="prunebench")
    place.write("own.py", text)
    return Case(words_of(place, "w.pt", ["--network-file", "own.py"]), codes, WRITES)


def own(place: Place) -> Case:
    return own_network(place, OWN, EITHER)


def lie(place: Place) -> Case:
    """A network of a user's file, of which one line is wrong."""
    right, wrong = place.chance.choice(LIES)
    assert right in OWN
    return own_network(place, OWN.replace(right, wrong), EITHER)


VARIANTS = (whole, odd_tensor, other_tensors, odd_name, lie, lie, own, lie)
