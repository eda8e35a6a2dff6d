import pytest

from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened, store_features
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.feature_costs import feature_costs
from prunebench.harness.workspace.cache import Cache

DATA = {"training_clips": 5, "validation_clips": 3, "test_clips": 4, "seconds": 1}
MODELS = [{"width": 1 / 64}, {"network": "mn[width=0.1]"}, {"network": "cnn6[width=0.02]"}]


def costs(folder, data=DATA, models=MODELS):
    config = Config.model_validate(
        {"data": data, "model": models, "prune": {"criteria": ["random"]}, "finetune": {"scopes": ["all"]}}
    )
    plan = make_plan(config, [opened(options) for options in config.data_sets()])
    return config, feature_costs(plan, config.data_sets(), Cache(folder / "cache"))


def test_each_front_end_is_counted_once(tmp_path):
    _, found = costs(tmp_path)
    # PANNs' front end of 101 frames and 64 mels, which two networks share, and EfficientAT's of 100 and 128.
    assert [(each.subject, each.clips, each.frames, each.mels) for each in found] == [
        (0, 12, 101, 64),
        (1, 12, 100, 128),
    ]
    assert [each.bytes for each in found] == [4 * 12 * 101 * 64, 4 * 12 * 100 * 128]
    assert all(each.seconds > 0 for each in found)
    assert not (tmp_path / "cache").exists()


def test_what_is_told_is_what_the_cache_then_holds(tmp_path):
    config, (before,) = costs(tmp_path, models=MODELS[:1])
    (data,) = config.data_sets()
    cache = Cache(tmp_path / "cache")
    for split in ("training", "validation", "test"):
        store_features(data, split, cache)
    on_disk = sum(file.stat().st_size for file in cache.features.glob("*.npy"))
    assert before.bytes == pytest.approx(on_disk, abs=3 * 256)  # and three headers
    _, (after,) = costs(tmp_path, models=MODELS[:1])
    assert after.bytes == before.bytes
    assert after.seconds == 0


def test_ten_seconds_take_ten_times_the_bytes_of_one(tmp_path):
    _, (one,) = costs(tmp_path, models=MODELS[:1])
    _, (ten,) = costs(tmp_path, {**DATA, "seconds": 10}, MODELS[:1])
    assert (one.frames, ten.frames) == (101, 1001)
    assert ten.bytes / one.bytes == pytest.approx(1001 / 101)
