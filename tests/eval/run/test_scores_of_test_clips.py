"""Test scores of an outcome are read as they were kept, and a damaged file is one sentence for every reader."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.run.scores_of_test_clips import read_test_scores, write_test_scores

SCORES = np.linspace(0, 1, 6, dtype=np.float32).reshape(3, 2)


def test_what_is_kept_is_read_to_the_last_bit(tmp_path):
    files = RunFiles(tmp_path)
    write_test_scores(files, "ab", SCORES, np.arange(3, dtype=np.float32))
    found = read_test_scores(files, "ab")
    assert found.dtype == np.float32
    assert np.array_equal(found, SCORES)
    assert read_arrays(files.scores_of("ab"), "influence")[0].tolist() == [0, 1, 2]


def test_an_earlier_stage_has_scores_of_its_own(tmp_path):
    files, clips = RunFiles(tmp_path), np.arange(3, dtype=np.float32)
    write_test_scores(files, "ab", SCORES, clips)
    write_test_scores(files, "ab", 1 - SCORES, clips, "fine-tuned")
    assert np.array_equal(read_test_scores(files, "ab"), SCORES)
    assert np.array_equal(read_test_scores(files, "ab", "fine-tuned"), 1 - SCORES)
    assert files.scores_of("ab", "fine-tuned") == tmp_path / "scores" / "ab.fine-tuned.npz"


def test_a_link_in_a_run_folder_from_elsewhere_is_replaced_and_not_followed(tmp_path):
    files = RunFiles(tmp_path / "run")
    own = tmp_path / "own.npz"
    own.write_bytes(b"mine")
    files.scores_of("ab").parent.mkdir(parents=True)
    files.scores_of("ab").symlink_to(own)
    write_test_scores(files, "ab", SCORES, np.arange(3, dtype=np.float32))
    assert own.read_bytes() == b"mine"
    assert np.array_equal(read_test_scores(files, "ab"), SCORES)


@pytest.mark.parametrize("damage", [lambda held: held[:-30], lambda held: b"", lambda held: b"no archive"])
def test_a_damaged_file_is_one_sentence(tmp_path, damage):
    files = RunFiles(tmp_path)
    write_test_scores(files, "ab", SCORES, np.arange(3, dtype=np.float32))
    files.scores_of("ab").write_bytes(damage(files.scores_of("ab").read_bytes()))
    with pytest.raises(InputError, match=r"ab\.npz` must be an npz archive .* Delete it and run again"):
        read_test_scores(files, "ab")
