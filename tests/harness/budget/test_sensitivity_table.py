"""`prune.sensitivity` names a run folder, also where no allocation reads it."""

import pytest

from prunebench.eval import InputError
from prunebench.harness.budget.sensitivity import check_table
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.preview import preview
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache


def test_a_folder_that_is_no_run_is_refused_with_its_key(tmp_path):
    with pytest.raises(
        InputError, match=r"`prune\.sensitivity`: There is no folder `.*nosuch`: give the one"
    ):
        check_table(str(tmp_path / "nosuch"))
    with pytest.raises(InputError, match=r"`prune\.sensitivity`: `.*` is not a run folder"):
        check_table(str(tmp_path))
    (tmp_path / "plan.json").write_text("{}")
    for given in (str(tmp_path), "", None):
        check_table(given)


def test_a_run_and_its_preview_refuse_a_folder_that_is_not_there(tmp_path):
    config = load_config("quick", [f"prune.sensitivity={tmp_path / 'nosuch'}"])
    for begin in (
        lambda: preview(config, Cache(tmp_path / "cache")),
        lambda: run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache")),
    ):
        with pytest.raises(InputError, match=r"`prune\.sensitivity`: There is no folder"):
            begin()
    assert list(tmp_path.iterdir()) == []


def test_per_layer_needs_a_folder():
    with pytest.raises(InputError, match=r"`prune\.sensitivity` must name the folder of a run"):
        load_config("quick", ["prune.allocations=per_layer", "prune.sensitivity="])
