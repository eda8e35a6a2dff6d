"""The data set of a plug-in: its identity, and one sentence for whatever its author got wrong."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data import SPLITS, DataOptions, open_dataset
from prunebench.harness.data.features.splits import opened
from prunebench.harness.data.plugins.pinned import pinned
from prunebench.harness.workspace.hashing import identity


def built(file, name="mine", **options):
    return open_dataset(DataOptions(name, files=(str(file),), **options))


def test_the_identity_is_kept(mine):
    """Cells of days of computing are found again by it."""
    found = dict(built(mine).identity)
    assert len(found.pop("content")) == 64
    assert identity(found) == "de1560081345046f"


def test_place_and_order_of_parameters_change_no_identity_and_content_does(mine, tmp_path):
    before = built(mine).identity
    assert built(mine, "mine[clips=8]").identity == before
    moved = tmp_path / "moved.py"
    moved.write_text(mine.read_text())
    assert built(moved).identity == before
    found = {identity(dict(each)) for each in (before, built(mine, "mine[clips=6]").identity)}
    mine.write_text(mine.read_text() + "# another word\n")
    found.add(identity(dict(built(mine).identity)))
    assert len(found) == 3


def test_clips_go_through_as_they_are(mine):
    data = built(mine)
    assert data.class_names == ("even", "odd")
    assert [len(data.split(split)) for split in SPLITS] == [8, 4, 4]
    rows = np.array([2, 0])
    expected = np.stack([data.test.waveform(2), data.test.waveform(0)])
    assert np.array_equal(data.test.waveforms(rows), expected)


def test_it_can_be_mixed_and_mapped_like_any_other(mine):
    sizes = {"training_clips": 5, "validation_clips": 2, "test_clips": 2}
    mixed = built(mine, mix=2, **sizes)
    assert mixed.label.startswith("mine mix=2")
    assert mixed.training.waveform(0).shape == (16000,)
    assert built(mine, class_map={"even": "tone"}).class_names == ("tone",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "return DataSet(",
            "return {}\n        DataSet(",
            "must return a `prunebench.harness.data.DataSet`. Found dict",
        ),
        ("return DataSet(", "1 / 0; return DataSet(", "must be built. Found ZeroDivisionError"),
        ('("even", "odd")', '"eo"', "`class_names` must be a tuple of names"),
        ('("even", "odd")', '("even", "even")', "`class_names` must name each class once"),
        (
            '("even", "odd")',
            '("even",)',
            r"array \(clips, classes\), \(8, 1\) in split `training`. Found shape \(8, 2",
        ),
        ("samples=16000", "samples=1.5", "`samples` must be an integer"),
        (
            "samples=16000",
            "samples=16000, sample_rate=8000",
            "Found 32000 Hz in split `training` and 8000 Hz",
        ),
        ('"", {}', '"", {"when": object()}', "`identity` must be a mapping of JSON values"),
        ("dtype=bool", "dtype=int", "`targets` must be of type bool. Found int64"),
        (
            "np.eye(2, dtype=bool)",
            "np.zeros((2, 2), bool)",
            "no clip of split `training` has a class: check `targets`",
        ),
        (
            '"validation": 4',
            '"validation": 0',
            "split `validation` has no clips, but each split needs at least one",
        ),
        ("((name,) for", "(name for", "must be a tuple that names at least one recording"),
        ("((name,) for name in", '(("a",) for name in', "in both `training` and `validation`, `a` first"),
        ("-{index}", "", "`names` must name each clip of a split once. Found `training` twice"),
        ("Tones(split, size)", "size", "split `training` must be of a class that subclasses"),
        ("self.targets = ", "self.target = ", "must be built. Found AttributeError"),
    ],
)
def test_what_breaks_the_contract_is_said(mine, old, new, said):
    text = mine.read_text()
    assert old in text
    mine.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=rf"^Data set `mine` .*{said}"):
        built(mine)


@pytest.mark.parametrize(
    ("wave", "said"),
    [
        ("1 / 0", "must give the waveform of clip `test-1`. Found ZeroDivisionError"),
        ("[0.0]", "it must be an array. Found list"),
        ("np.zeros(15999, np.float32)", r"the shape of every clip of the set, \(16000,\). Found \(15999,\)"),
        ("np.zeros(16000)", "must be of type float32. Found float64"),
        ("np.full(16000, np.nan, np.float32)", "must be finite"),
        ("np.full(16000, -300, np.float32)", r"must lie in \[-1, 1\]. Found a sample of -300"),
    ],
)
def test_what_is_no_waveform_is_said(mine, wave, said):
    mine.write_text(mine.read_text().replace("draw.uniform(-0.5, 0.5, 16000).astype(np.float32)", wave))
    data = built(mine)
    for read in (lambda: data.test.waveform(1), lambda: data.test.waveforms(np.array([1]))):
        with pytest.raises(InputError, match=said):
            read()


def test_clips_of_a_file_reach_a_process_that_has_not_run_it(mine, tmp_path):
    (tmp_path / "sent").write_bytes(pickle.dumps(built(mine).test))
    receive = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).waveform(1).sum())"
    command = [sys.executable, "-W", "ignore", "-c", receive, str(tmp_path / "sent")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == str(built(mine).test.waveform(1).sum()), done.stderr
    mine.write_text(mine.read_text() + "#\n")
    sys.modules.pop(next(name for name in sys.modules if name.startswith("prunebench_data_set_file_")))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "must stay as it is during a run, but it has changed" in done.stderr


def test_an_edited_file_is_read_again_and_refused_in_the_middle_of_a_run(mine):
    options = DataOptions("mine", files=(str(mine),))
    first = opened(options)
    assert opened(options) is first
    sent = pickle.loads(pickle.dumps(pinned(options, first)))
    assert opened(sent).identity == first.identity
    assert sent.label == options.label
    mine.write_text(mine.read_text() + "#\n")
    assert opened(options).identity != first.identity
    with pytest.raises(InputError, match="must be the same in every process of a run"):
        opened(sent)


def test_options_of_built_in_sets_are_sent_as_they_are():
    options = DataOptions(training_clips=3)
    assert pinned(options, None) == options
