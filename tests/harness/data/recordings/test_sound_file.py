"""A recording is read in pieces of a bounded size."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings import sound_file
from prunebench.harness.data.recordings.sound_file import open_sound

SAMPLES = np.random.default_rng(0).uniform(-0.5, 0.5, (900, 4))


@pytest.fixture
def path(tmp_path):
    soundfile.write(tmp_path / "a.wav", SAMPLES, 32000, subtype="DOUBLE")
    return tmp_path / "a.wav"


@pytest.mark.parametrize(
    ("frames", "at_once", "expected"),
    [
        (None, None, [400, 400, 100]),
        (500, None, [400, 100]),
        (9000, None, [400, 400, 100]),
        (500, 300, [300, 200]),
        (None, 500, [400, 400, 100]),
        (0, None, []),
    ],
)
def test_a_piece_holds_as_many_samples_of_all_channels_as_a_block(
    path, monkeypatch, frames, at_once, expected
):
    monkeypatch.setattr(sound_file, "_BLOCK", 1600)
    with open_sound(path) as sound:
        pieces = list(sound.blocks(frames, at_once))
    assert list(map(len, pieces)) == expected
    if pieces:
        whole = np.concatenate(pieces)
        np.testing.assert_allclose(whole, SAMPLES.mean(1)[: len(whole)], atol=1e-6)


def test_more_channels_than_a_block_has_samples(path, monkeypatch):
    monkeypatch.setattr(sound_file, "_BLOCK", 3)
    with open_sound(path) as sound:
        assert [len(piece) for piece in sound.blocks(5)] == [1] * 5


def test_a_recording_behind_a_closed_folder_is_not_called_missing(tmp_path, monkeypatch):
    def refused(path, **named):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "stat", refused)
    with (
        pytest.raises(InputError, match=r"a\.wav` cannot be opened \(Permission denied\): change"),
        open_sound(tmp_path / "a.wav"),
    ):
        pass
