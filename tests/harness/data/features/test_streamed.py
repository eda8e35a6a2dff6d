"""Streamed features are those that are kept."""

import dataclasses

import numpy as np
import pytest
import torch

from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.features import splits
from prunebench.harness.data.features.cached import cached_features
from prunebench.harness.data.features.streamed import StreamedFeatures, input_reader
from prunebench.harness.networks.contract.waveforms import Waveforms
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT
from prunebench.harness.workspace.cache import Cache

OPTIONS = DataOptions(training_clips=6, validation_clips=2, test_clips=2)


@pytest.fixture(scope="module")
def dataset():
    return open_dataset(OPTIONS)


def test_rows_are_those_of_the_cache(dataset, tmp_path):
    kept = cached_features(dataset, "training", tmp_path)
    streamed = StreamedFeatures(dataset, "training")
    assert (len(streamed), streamed.shape) == (6, kept.shape)
    for rows in (slice(2, 5), np.array([4, 0, 4]), slice(4, 99)):
        np.testing.assert_allclose(streamed[rows], kept[rows], atol=1e-4)
    assert streamed[slice(0, 0)].shape == (0, *kept.shape[1:])


@pytest.mark.parametrize("front", [EFFICIENTAT, Waveforms()])
def test_rows_by_any_front_end_are_those_of_the_cache(dataset, tmp_path, front):
    kept = cached_features(dataset, "training", tmp_path, front=front)
    streamed = StreamedFeatures(dataset, "training", front)
    assert streamed.shape == kept.shape == (6, front.frames(dataset.samples), front.mels)
    np.testing.assert_allclose(streamed[1:3], kept[1:3], atol=1e-4)


def test_splits_by_a_front_end(dataset, tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    splits.store_features(OPTIONS, "test", cache, front=EFFICIENTAT)
    found = splits.split_features(OPTIONS, "test", cache, EFFICIENTAT)
    assert found.shape[2] == 128
    assert len(list(cache.features.glob("*.npy"))) == 1
    large = dataclasses.replace(dataset, streamed=frozenset({"training"}))
    monkeypatch.setattr(splits, "opened", lambda data: large)
    assert splits.split_features(OPTIONS, "training", cache, EFFICIENTAT).shape[2] == 128


def test_a_streamed_split_leaves_no_file(dataset, tmp_path, monkeypatch):
    large = dataclasses.replace(dataset, streamed=frozenset({"training"}))
    monkeypatch.setattr(splits, "opened", lambda data: large)
    cache = Cache(tmp_path)
    for split in ("training", "test"):
        splits.store_features(OPTIONS, split, cache)
    assert isinstance(splits.split_features(OPTIONS, "training", cache), StreamedFeatures)
    assert len(list(cache.features.glob("*.npy"))) == 1


def test_a_cuda_device_is_handed_waveforms(dataset):
    streamed = StreamedFeatures(dataset, "training")
    rows = np.array([3, 1])
    read, _ = input_reader(streamed, torch.device("cuda"))
    np.testing.assert_array_equal(read(rows), dataset.training.waveforms(rows))
    read, features_of = input_reader(streamed, torch.device("cpu"))
    np.testing.assert_array_equal(features_of(read(rows)).numpy(), streamed[rows])
    np.testing.assert_array_equal(streamed.of(torch.from_numpy(streamed.waveforms(rows))), streamed[rows])
