import functools

import pytest

from prunebench.cli import main
from prunebench.harness.networks.contract.network import Network


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Runs the command line in an empty folder; gives exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words):
        monkeypatch.setattr("sys.argv", ["prunebench", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        found = capsys.readouterr()
        return stop.value.code, found.out, found.err

    return call


@pytest.fixture(scope="session")
def traced_shapes():
    """Network and shapes of its tensors → the groups that were traced."""
    return {}


@pytest.fixture
def traced_once(monkeypatch, traced_shapes):
    """A built-in network is traced once for all models of one shape: every command that reads a file does it again."""
    trace = Network.groups

    @functools.wraps(trace)
    def groups(self, model):
        if not type(self).__module__.startswith("prunebench."):
            return trace(self, model)
        key = (self, *((name, tuple(tensor.shape)) for name, tensor in model.state_dict().items()))
        if key not in traced_shapes:
            traced_shapes[key] = trace(self, model)
        return traced_shapes[key]

    monkeypatch.setattr(Network, "groups", groups)
