"""What the cache can make again it makes again, and says so."""

import errno
import json
import shutil
import sys

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import read_records
from prunebench.harness import Cnn14, save_checkpoint
from prunebench.harness.cells.base_job import BaseJob, base_job, base_scores, load_base, read_base
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.cells.base_outputs import stem_features, teacher_probabilities
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.networks.plugins.model_shapes import shape_of
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import read_kept
from prunebench.harness.workspace.notes import gathered_notes

CONFIG = Config.model_validate(
    {
        "name": "tiny",
        "workers": 0,
        "data": {"training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
        "model": {"width": 1 / 64},
        "base": {"steps": 3, "batch": 4},
        "prune": {"criteria": ["l1", "random"], "ratios": [0.5], "seeds": [0]},
        "finetune": {"seeds": [0], "steps": 3, "batch": 4, "rates": [1e-3], "rate_ratios": [0.5]},
        "measure": {"latency": False},
    }
)


@pytest.fixture(scope="module")
def job():
    (data,) = CONFIG.data_sets()
    plan = make_plan(CONFIG, [opened(data)])
    return base_job(CONFIG, plan.bases[0], data, plan.subjects[0])


def everything(job, cache):
    """What the cache gives of a base model, and what it notes."""
    with gathered_notes() as notes:
        figures = build_base(job, cache)
        stem = np.array(stem_features(job, "test", cache))
        taught = teacher_probabilities(job, cache)
    state = {key: value.numpy() for key, value in load_base(job, cache).model.state_dict().items()}
    return figures, {**state, "stem": stem, "taught": taught, **base_scores(job, cache)}, notes


@pytest.fixture(scope="module")
def undisturbed(job, tmp_path_factory):
    cache = Cache(tmp_path_factory.mktemp("cache"))
    figures, arrays, notes = everything(job, cache)
    assert not notes
    return cache, figures, arrays


@pytest.fixture
def cache(undisturbed, tmp_path):
    shutil.copytree(undisturbed[0].root, tmp_path / "cache")
    return Cache(tmp_path / "cache")


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def garbage(path):
    path.write_bytes(b"\x80garbage" * 40)


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("harm", [truncated, empty, garbage, zeros])
@pytest.mark.parametrize(
    "name", ["quality.json", "model.pt", "scores.npz", "stem-test.npy", "teacher-training.npy"]
)
def test_a_damaged_file_is_made_again_and_noted(job, undisturbed, cache, name, harm):
    path = cache.base(job.identity) / name
    harm(path)
    figures, arrays, notes = everything(job, cache)
    assert len(notes) == 1
    assert notes[0].startswith(f"`{path}` is damaged and is made again: ")
    assert "fetch it again" not in notes[0]
    assert figures == undisturbed[1]
    assert arrays.keys() == undisturbed[2].keys()
    assert all(np.array_equal(values, undisturbed[2][key]) for key, values in arrays.items())
    assert not everything(job, cache)[2]


def test_files_of_something_else_are_damaged_too(job, undisturbed, cache):
    home = cache.base(job.identity)
    for put in (
        lambda: (home / "quality.json").write_text("[1, 2]"),
        lambda: (home / "quality.json").write_text('{"test_map": "high"}'),
        lambda: (home / "quality.json").write_text("[" * 100_000),
        lambda: save_checkpoint(Cnn14([4] * 12, 24, 8), home / "model.pt"),
        lambda: np.savez(home / "scores.npz", validation=np.zeros((8, 3)), test=np.zeros((8, 3))),
        lambda: np.save(home / "stem-test.npy", np.zeros((3, 1, 1, 1), np.float32)),
        lambda: np.save(home / "stem-test.npy", np.zeros((8, 1, 1, 1), np.float64)),
    ):
        put()
        figures, _, notes = everything(job, cache)
        assert len(notes) == 1, notes
        assert figures == undisturbed[1]


def test_scores_are_made_again_from_the_model_without_training_it(job, cache, monkeypatch):
    truncated(cache.base(job.identity) / "scores.npz")
    monkeypatch.setattr("prunebench.harness.cells.base_model.fit", None)
    assert len(everything(job, cache)[2]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a folder of another kind of error there")
def test_what_may_not_be_read_is_not_taken_for_damaged(tmp_path):
    (tmp_path / "x").touch()

    def refused(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with gathered_notes() as notes, pytest.raises(PermissionError):
        read_kept(tmp_path / "x", refused)
    assert not notes
    assert (tmp_path / "x").exists()


def test_a_sweep_goes_on_with_a_cache_all_of_whose_files_are_cut(undisturbed, tmp_path):
    class Listening:
        notes: list[str] = []  # noqa: RUF012

        def show(self, progress, news):
            if news is not None and news.note:
                self.notes.append(news.text)

    kept = Cache(tmp_path / "cache")
    run_sweep(CONFIG, tmp_path / "first", kept, [])
    files = [path for path in kept.root.rglob("*") if path.suffix in (".pt", ".npz", ".npy", ".json")]
    assert len(files) >= 6
    for path in files:
        truncated(path)
    heard = Listening()
    run_sweep(CONFIG, tmp_path / "second", kept, [heard])
    first, second = (
        {r.cell: r for r in read_records(tmp_path / name / "records.jsonl")} for name in ("first", "second")
    )
    assert first.keys() == second.keys() != set()
    assert all(record.status == "done" and record.same_result(first[cell]) for cell, record in second.items())
    assert any("quality.json` is damaged and is made again" in text for text in heard.notes)
    assert any(".npy` is damaged and is made again" in text for text in heard.notes)
    assert json.loads(next(kept.root.rglob("quality.json")).read_text())


def test_a_kept_model_of_other_widths_is_damaged_whatever_was_read_before(tmp_path):
    """Groups are kept for a process, and must not speak for a file that has others."""
    network = resolve_network("mobilenet_v1[width=0.125]")
    tagger = Tagger(network, network.build(3, seed=0))
    shape, data = shape_of(tagger), CONFIG.data_sets()[0]
    job = BaseJob("identity", data, shape, Recipe(steps=1), 0)
    whole, narrow = tmp_path / "whole.pt", tmp_path / "narrow.pt"
    save_any_checkpoint(tagger, whole, style="prunebench")
    save_any_checkpoint(tagger.without({tagger.groups[0].name: (0,)}), narrow, style="prunebench")
    for _ in range(2):
        with pytest.raises(InputError, match="it has the widths"):
            read_base(job, narrow)
        assert read_base(job, whole).widths == shape.widths
