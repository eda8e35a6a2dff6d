import shutil

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.archive import archive_run
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

GRID = """
[prune]
criteria = ["l1", "random"]
ratios = [0.5]
seeds = [0]
[finetune]
seeds = [0]
steps = 2
batch = 8
rates = [1e-3, 1e-2]
[measure]
latency = false
"""


@pytest.fixture(scope="session")
def site(frozen_set, bases_distribution):
    """Where the frozen base models are installed."""
    return str(bases_distribution(*frozen_set[1].iterdir()).parent)


@pytest.fixture(scope="session")
def tiny(frozen_set, site, tmp_path_factory):
    """The run and the archive of two criteria on one frozen base model, whose rate was chosen of two."""
    home = tmp_path_factory.mktemp("verified")
    text = frozen_set[0].replace("steps = 4\nbatch = 8\n", 'frozen = "tiny-w32"\n').replace("[0, 1]", "[0]")
    (home / "tiny.toml").write_text(text + GRID)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        config = load_config(str(home / "tiny.toml"))
        assert run_sweep(config, home / "run", Cache(home / "cache")).failed == 0
    return home / "run", archive_run(home / "run", home / "archive").folder


@pytest.fixture
def installed(site, monkeypatch):
    """The frozen base models of the archive are installed."""
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def copy(tiny, tmp_path):
    return shutil.copytree(tiny[1], tmp_path / "archive")
