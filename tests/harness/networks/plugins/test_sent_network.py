"""A network of a file that the user named reaches processes in which that file was not run yet."""

import pickle
import subprocess
import sys

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.plugins.sent_network import Sent

FILE = """
from dataclasses import dataclass
from typing import ClassVar
import torch
from torch import nn
from prunebench.harness.networks.contract import Network
from prunebench.harness.networks.frontend import PANNS

class Net(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.classes = nn.Linear(64, n_classes)

@dataclass(frozen=True)
class Mine(Network):
    name: ClassVar[str] = "mine"
    frontend = PANNS
    head = ("classes",)
    def build(self, n_classes, *, seed):
        return Net(n_classes).eval()
    def logits(self, model, features):
        return model.classes(features.mean(1))
"""
RECEIVE = """
import pickle, sys
tagger = pickle.load(open(sys.argv[1], "rb"))
print(tagger.network.label, tagger.n_classes, type(tagger.model).__name__)
"""


def sent(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    network = resolve_network("mine", [tmp_path / "mine.py"])
    (tmp_path / "sent").write_bytes(pickle.dumps(Sent(Tagger(network, network.build(5, seed=0)), network)))
    return tmp_path / "sent"


def test_a_fresh_process_runs_the_file_first(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RECEIVE, sent(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["mine", "5", "Net"], done.stderr


def test_a_file_that_is_gone_is_named(tmp_path):
    path = sent(tmp_path)
    (tmp_path / "mine.py").unlink()
    with pytest.raises(InputError, match=r"There is no file `.*mine\.py`"):
        pickle.loads(path.read_bytes())


def test_a_network_of_the_suite_needs_no_file():
    network = resolve_network("cnn6[width=0.0625]")
    assert pickle.loads(pickle.dumps(Sent(("a", network), network))) == ("a", network)
