"""A mapped set beside one whose targets are looked up by hand, name by name."""

import json
import pickle

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data import SPLITS, DataOptions, open_dataset
from prunebench.harness.workspace.hashing import identity

TO_TWO = {"hum": "Low", "whine": "High", "hiss": "High"}


def opened(root, **options):
    return open_dataset(DataOptions("esc50", root=str(root), sample_rate=8000, **options))


def assert_labelled_by(dataset, own, mapping):
    """Each clip that is left has the class that its file's class leads to, and no other."""
    for split in SPLITS:
        before, after = own.split(split), dataset.split(split)
        for name, row, sources in zip(after.names, after.targets, after.sources, strict=True):
            place = before.names.index(name)
            held = [own.class_names[k] for k in np.flatnonzero(before.targets[place])]
            expected = {mapping[each] for each in held if each in mapping}
            assert {dataset.class_names[k] for k in np.flatnonzero(row)} == expected
            assert sources == before.sources[place]
            assert np.array_equal(after.waveform(after.names.index(name)), before.waveform(place))


def test_several_classes_lead_to_one(collection):
    own, found = opened(collection), opened(collection, class_map=TO_TWO)
    assert found.class_names == ("Low", "High")
    assert found.skipped == ()
    assert found.samples == own.samples
    assert found.sample_rate == own.sample_rate == 8000
    assert_labelled_by(found, own, TO_TWO)
    assert found.test.targets.sum(0).tolist() == [2, 4]


def test_clips_of_a_class_that_is_left_out_are_dropped_and_named(collection):
    mapping = {"hum": "Low", "hiss": "High"}
    own, found = opened(collection), opened(collection, class_map=mapping)
    assert_labelled_by(found, own, mapping)
    assert [len(found.split(split)) for split in SPLITS] == [8, 4, 4]
    assert {reason for _, reason in found.skipped} == {"the class map leaves out `whine`"}
    kept = {name for split in SPLITS for name in found.split(split).names}
    every = {name for split in SPLITS for name in own.split(split).names}
    assert {name for name, _ in found.skipped} == every - kept


def test_classes_of_the_list_that_nothing_leads_to_have_no_positives(collection):
    found = opened(collection, class_map={"hum": "Hum", "hiss": "Hiss"}, classes="audioset")
    assert len(found.class_names) == found.test.targets.shape[1] == 527
    held = {found.class_names[k] for k in np.flatnonzero(found.test.targets.any(0))}
    assert held == {"Hum", "Hiss"}


def test_clips_are_read_together_as_they_are_alone(collection):
    clips = opened(collection, class_map={"hiss": "High"}).training
    rows = np.array([3, 0])
    assert np.array_equal(clips.waveforms(rows), np.stack([clips.waveform(3), clips.waveform(0)]))
    again = pickle.loads(pickle.dumps(clips))
    assert np.array_equal(again.waveform(1), clips.waveform(1))


def test_the_identity_holds_the_map_only_where_there_is_one(collection, tmp_path):
    own, found = opened(collection), opened(collection, class_map=TO_TWO)
    assert "map" not in own.identity
    assert found.identity["of"] == own.identity
    assert found.identity["map"] == TO_TWO
    json.dumps(dict(found.identity))
    (tmp_path / "two.csv").write_text("from,to\n" + "".join(f"{k},{v}\n" for k, v in TO_TWO.items()))
    filed = opened(collection, class_map=str(tmp_path / "two.csv"))
    assert identity(dict(filed.identity)) == identity(dict(found.identity))
    other = opened(collection, class_map={**TO_TWO, "hiss": "Low"})
    assert identity(dict(other.identity)) != identity(dict(found.identity))


def test_a_mapped_set_can_be_mixed(collection):
    found = opened(collection, class_map=TO_TWO, mix=2, training_clips=6, validation_clips=4, test_clips=12)
    assert found.class_names == ("Low", "High")
    assert set(found.test.targets.sum(1)) == {1, 2}
    assert found.label == (
        "esc50 mix=2 training_clips=6 validation_clips=4 test_clips=12 sample_rate=8000 class_map=f5199b"
    )


def test_labels_of_a_folder_are_those_of_its_table_and_then_mapped(collection):
    rows = [
        f"audio/{path.name},{'hum' if path.stem.endswith('-7') else 'other;hiss'},{split}"
        for split, fold in (("training", 1), ("validation", 2), ("test", 3))
        for path in sorted((collection / "audio").glob(f"{fold}-*"))
    ]
    (collection / "labels.csv").write_text("file,labels,split\n" + "\n".join(rows) + "\n")
    options = DataOptions("folder", root=str(collection), class_map={"hiss": "Hiss"}, classes="audioset")
    found = open_dataset(options)
    assert len(found.class_names) == 527
    # A clip that holds a mapped class beside one that is left out stays, with the mapped one.
    assert len(found.test) == 4
    assert (found.test.targets.sum(1) == 1).all()
    assert len(found.skipped) == 3 * 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"class_map": {"humm": "Low"}},
            "contains `humm`, which is not a class of `esc50`; did you mean `hum`",
        ),
        (
            {"class_map": {"hum": "Humm"}, "classes": "audioset"},
            "assigns `hum` to `Humm`, which is not one of the 527 classes of AudioSet; did you mean `Hum`",
        ),
        (
            {"class_map": "esc10-to-audioset"},
            "contains `dog`, which is not a class of `esc50`; valid: `whine`, `hum`, `hiss`",
        ),
    ],
)
def test_a_name_that_is_no_class_is_refused(collection, options, sentence):
    with pytest.raises(InputError, match=sentence):
        opened(collection, **options)


def test_a_split_without_a_mapped_class_is_refused(collection):
    lines = (collection / "meta" / "esc50.csv").read_text().splitlines()
    lines = [line for line in lines if not (line.startswith("4-") and ",whine," in line)]
    (collection / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(
        InputError,
        match=r"No clip in split `test` of `esc50` has a class that the class map contains\. Map more",
    ):
        opened(collection, class_map={"whine": "High"})
