"""Folders of the cache."""

import platformdirs

from prunebench.harness.config.config import load_config
from prunebench.harness.workspace.cache import Cache, default_cache


def test_the_folder_is_that_of_the_environment_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    monkeypatch.delenv("PRUNEBENCH_CACHE")
    assert str(default_cache()) == platformdirs.user_cache_dir("prunebench")


def test_folders_lie_apart_and_inside(tmp_path):
    cache = Cache(tmp_path)
    folders = [cache.features, cache.base("a"), cache.base("b"), cache.trainings]
    assert len(set(folders)) == 4
    assert all(tmp_path in folder.parents for folder in folders)
    assert cache.base("a") == Cache(tmp_path).base("a")


def test_a_training_is_kept_once_a_minute_as_in_a_sweep(tmp_path):
    assert Cache(tmp_path).checkpoint_seconds == load_config("quick").checkpoint_seconds == 60
