"""Calibration clips of a folder: any recordings, or the training folds of a folder in the layout of ESC-50."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data.calibration_clips import calibration_clips
from prunebench.harness.networks.audioset_classes import audioset_classes

RATE = 32000


def record(path: Path, level: float, seconds: float = 0.5, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(seconds * rate), level), rate, subtype="FLOAT")


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    for number, name in enumerate(("b.wav", "a.wav", "c.WAV")):
        record(tmp_path / name, (number + 1) / 10)
    (tmp_path / "notes.txt").write_text("none")
    return tmp_path


def esc50(root: Path, classes: int, subset: int) -> Path:
    lines = ["filename,fold,target,category,esc10,src_file,take"]
    for fold in (1, 2, 3):
        for target in range(classes):
            name = f"{fold}-{target}.wav"
            lines.append(f"{name},{fold},{target},class{target},{target < subset},{fold}{target},A")
            record(root / "audio" / name, fold / 10, 0.1)
    (root / "meta").mkdir()
    (root / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")
    return root


def test_any_recordings_in_the_order_of_their_names(loose: Path) -> None:
    clips = calibration_clips(loose, n_classes=5, labelled=False)
    assert clips.names == ("a.wav", "b.wav", "c.WAV")
    first = clips.waveform(0)
    assert first.shape == (10 * RATE,)
    assert first[0] == pytest.approx(0.2, abs=1e-6)
    assert not first[RATE // 2 :].any()
    assert clips.targets.shape == (3, 0)


def test_at_most_so_many_the_same_every_time(loose: Path) -> None:
    first, again = (calibration_clips(loose, n_classes=5, labelled=False, most=2) for _ in range(2))
    assert len(first) == 2
    assert first.names == again.names
    assert list(first.names) == sorted(first.names)


def test_what_is_changed_or_left_out_is_noted(loose: Path) -> None:
    record(loose / "loud.wav", 2.0, 0.1)
    record(loose / "long.wav", 0.1, 0.1)
    with soundfile.SoundFile(loose / "long.wav", "r+") as sound:
        sound.seek(0, soundfile.SEEK_END)
        sound.write(np.full(10 * RATE, 2.0))
    (loose / "call.m4a").write_bytes(b"ftypM4A")
    clips = calibration_clips(loose, n_classes=5, labelled=False)
    left_out, *changed = clips.noted
    assert left_out[0] == "call.m4a"
    assert left_out[1].startswith("left out: ")
    assert changed == [
        # of ten seconds, which are in use
        ("long.wav", "316,800 of 320,000 samples exceed full scale and are clipped"),
        ("loud.wav", "3,200 of 3,200 samples exceed full scale and are clipped"),
    ]


def test_gradients_need_labels(loose: Path) -> None:
    with pytest.raises(
        InputError, match=r"labelled with the 5 classes .* layout of ESC-50, .* Found no classes"
    ):
        calibration_clips(loose, n_classes=5, labelled=True)


def test_labelled_clips_are_those_of_the_training_folds(tmp_path: Path) -> None:
    root = esc50(tmp_path, classes=4, subset=2)
    clips = calibration_clips(root, n_classes=4, labelled=True)
    assert clips.names == ("1-0.wav", "1-1.wav", "1-2.wav", "1-3.wav")
    assert clips.targets.tolist() == np.eye(4, dtype=bool).tolist()
    assert clips.waveform(1)[0] == pytest.approx(0.1, abs=1e-6)


def test_the_subset_is_taken_where_it_fits_the_model(tmp_path: Path) -> None:
    root = esc50(tmp_path, classes=4, subset=2)
    clips = calibration_clips(root, n_classes=2, labelled=True)
    assert clips.names == ("1-0.wav", "1-1.wav")
    assert clips.targets.shape == (2, 2)


def test_other_classes_are_refused_for_gradients_alone(tmp_path: Path) -> None:
    root = esc50(tmp_path, classes=4, subset=2)
    assert len(calibration_clips(root, n_classes=527, labelled=False)) == 4
    with pytest.raises(InputError, match=r"labelled with the 527 classes .* Found 4 classes"):
        calibration_clips(root, n_classes=527, labelled=True)


@pytest.mark.parametrize("content", [None, b"", b"RIFF no sound"])
def test_folders_that_cannot_be_used(tmp_path: Path, content: bytes | None) -> None:
    with pytest.raises(InputError, match=r"There is no folder `"):
        calibration_clips(tmp_path / "absent", n_classes=2, labelled=False)
    if content is None:
        with pytest.raises(InputError, match="must contain recordings"):
            calibration_clips(tmp_path, n_classes=2, labelled=False)
        return
    (tmp_path / "broken.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.wav"):
        calibration_clips(tmp_path, n_classes=2, labelled=False)


def test_a_class_map_labels_clips_with_the_classes_of_the_model(tmp_path: Path) -> None:
    root = esc50(tmp_path, classes=3, subset=2)
    (tmp_path / "map.csv").write_text("from,to\nclass0,Dog\nclass2,Rain\n")
    clips = calibration_clips(root, n_classes=527, labelled=True, class_map=str(tmp_path / "map.csv"))
    assert clips.names == ("1-0.wav", "1-2.wav")
    names = [each.name for each in audioset_classes()]
    held = [[names[at] for at in np.flatnonzero(row)] for row in clips.targets]
    assert held == [["Dog"], ["Rain"]]
    few = calibration_clips(root, n_classes=2, labelled=True, class_map=str(tmp_path / "map.csv"))
    assert few.targets.tolist() == [[True, False], [False, True]]


def test_a_class_map_of_other_classes_or_of_a_folder_without_labels_is_refused(
    loose: Path, tmp_path: Path
) -> None:
    root = esc50(tmp_path / "labelled", classes=3, subset=2)
    with pytest.raises(InputError, match="contains `dog`, which is not a class of `esc50`"):
        calibration_clips(root, n_classes=527, labelled=True, class_map="esc10-to-audioset")
    with pytest.raises(InputError, match="have no labels, so no class map can apply"):
        calibration_clips(loose, n_classes=527, labelled=True, class_map="esc10-to-audioset")
    (tmp_path / "map.csv").write_text("from,to\nclass0,Dog\n")
    with pytest.raises(InputError, match="clips labelled with the 5 classes of the model"):
        calibration_clips(root, n_classes=5, labelled=True, class_map=str(tmp_path / "map.csv"))
