"""A workspace of packed files as a data set: splits, identities, what is left out."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.audioset.index import write_index
from prunebench.harness.data.audioset.packed import open_hdf5

pytest.importorskip("h5py")


@pytest.fixture
def workspace(tmp_path, hdf5):
    """A training set of 60 clips with a nameless row, and an evaluation set of 4 that shares one clip with it."""
    root = tmp_path / "workspace"
    (root / "hdf5s/waveforms").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, clips, first in (("full_train", 60, 0), ("eval", 4, 59)):
        names = np.array([f"Yclip{first + n}.wav".encode() for n in range(clips)], dtype="S20")
        if name == "full_train":
            names[7] = b""
        path = hdf5(
            root / f"hdf5s/waveforms/{name}.h5",
            audio_name=names,
            waveform=rng.integers(-9999, 9999, (clips, 3200), dtype=np.int16),
            target=rng.random((clips, 3)) < 0.5,
        )
        write_index(root / f"hdf5s/indexes/{name}.h5", [path])
    return root


def test_audioset_by_its_indexes(workspace):
    (workspace / "black.csv").write_text("clip3\nYclip4.wav,30.0\n")
    data = open_dataset(DataOptions("audioset", root=str(workspace), black_list=str(workspace / "black.csv")))
    training, validation = set(data.training.names), set(data.validation.names)
    assert not training & validation
    # nameless, black-listed and evaluated clips are never trained on
    assert training | validation == {f"Yclip{n}.wav" for n in range(59) if n not in (3, 4, 7)}
    assert 1 <= len(validation) <= 6
    assert data.test.names == tuple(f"Yclip{n}.wav" for n in (59, 60, 61, 62))
    assert data.class_names == ("class 0", "class 1", "class 2")
    assert data.label == "audioset"
    with open_hdf5(workspace / "hdf5s/waveforms/full_train.h5") as file:
        stored = file["waveform"][:]
    clip = data.training.names.index("Yclip20.wav")
    np.testing.assert_allclose(data.training.waveform(clip), stored[20] / 32767, atol=1e-7)
    slow = np.stack([data.training.waveform(n) for n in (5, 2, 9)])
    np.testing.assert_array_equal(data.training.waveforms(np.array([5, 2, 9])), slow)


def test_training_clips_are_those_of_all_indexes_beside_that_of_evaluation(workspace, hdf5):
    """PANNs' workspace has one of the whole set; where it is absent, all others are taken, or those asked for."""
    indexes = workspace / "hdf5s/indexes"

    def trained(**options):
        data = open_dataset(DataOptions("audioset", root=str(workspace), **options))
        return set(data.training.names) | set(data.validation.names)

    path = hdf5(
        workspace / "hdf5s/waveforms/balanced_train.h5",
        audio_name=np.array([b"Yother1.wav", b"Yother2.wav"], dtype="S20"),
        waveform=np.zeros((2, 3200), np.int16),
    )
    write_index(indexes / "balanced_train.h5", [path])
    whole = {f"Yclip{n}.wav" for n in range(59) if n != 7}
    assert trained() == whole
    assert trained(training_set="balanced_train+full_train") == whole | {"Yother1.wav", "Yother2.wav"}
    (indexes / "full_train.h5").rename(indexes / "unbalanced_train_segments.h5")
    assert trained() == whole | {"Yother1.wav", "Yother2.wav"}
    for name in ("balanced_train", "unbalanced_train_segments"):
        (indexes / f"{name}.h5").unlink()
    with pytest.raises(InputError, match=r"must contain an index of training clips beside `eval\.h5`"):
        trained()


def test_low_rates_take_every_other_sample_as_panns_does(workspace):
    full = open_dataset(DataOptions("audioset", root=str(workspace)))
    for rate, step in ((16000, 2), (8000, 4)):
        data = open_dataset(DataOptions("audioset", root=str(workspace), sample_rate=rate))
        assert (data.samples, data.sample_rate) == (3200 // step, rate)
        np.testing.assert_array_equal(data.test.waveform(1), full.test.waveform(1)[::step])
        assert data.identity != full.identity


def test_parts_are_nested_and_decide_the_identity(workspace):
    few, more = (open_dataset(DataOptions("audioset", root=str(workspace), training_clips=n)) for n in (5, 9))
    assert set(few.training.names) < set(more.training.names)
    assert (len(few.training), len(more.training)) == (5, 9)
    assert few.identity != more.identity


def test_unequal_classes_are_refused(workspace, hdf5):
    path = hdf5(workspace / "hdf5s/waveforms/eval.h5", target=np.eye(2, 5, dtype=bool))
    write_index(workspace / "hdf5s/indexes/eval.h5", [path])
    with pytest.raises(InputError, match=r"must have the same number of classes\. Found 3 and 5"):
        open_dataset(DataOptions("audioset", root=str(workspace)))
    with pytest.raises(InputError, match=r"needs the index .*absent\.h5"):
        open_dataset(DataOptions("audioset", root=str(workspace), training_set="absent"))


@pytest.mark.parametrize(("kept", "clips"), [((), 0), ((3,), 1)])
def test_a_training_set_of_which_the_test_set_and_the_black_list_leave_too_little(workspace, kept, clips):
    """All clips are left out as one too few are: an empty choice of rows once ended in a traceback."""
    banned = [f"clip{n}" for n in range(60) if n not in kept]
    (workspace / "black.csv").write_text("\n".join(banned) + "\n")
    with pytest.raises(
        InputError, match=rf"Found {clips} in the index; {59 - clips} more cannot .*: pack more clips"
    ):
        open_dataset(DataOptions("audioset", root=str(workspace), black_list=str(workspace / "black.csv")))
