"""Do the clips of a data set sound, and are they what its contract says?"""

from __future__ import annotations

import hashlib
import pickle

import numpy as np

from prunebench.harness.data.dataset import SPLITS
from prunebench.harness.data.options import SHORTEST
from prunebench.harness.data.plugins.set_problem import waveform_problem
from prunebench.harness.testing.dataset_under_test import DataSetUnderTest

COMPARED = 256  # clips of a split that are compared with those of other splits


def check_waveforms(subject: DataSetUnderTest) -> None:
    """Clips are float32 in [-1, 1], of the length that the set declares, and hold sound."""
    data = subject.data
    seconds = data.samples / data.sample_rate
    assert seconds >= SHORTEST, (
        f"a clip must last at least {SHORTEST} s, which networks need. Found {seconds:g} s: check `samples` and "
        "`sample_rate`."
    )
    for split in SPLITS:
        found = subject.waveforms(split)
        for index, waveform in found.items():
            problem = waveform_problem(waveform, data.samples)
            assert problem is None, (
                f"the waveform of clip `{data.split(split).names[index]}` is wrong: {problem}"
            )
        assert any(np.ptp(waveform) > 0 for waveform in found.values()), (
            f"the clips of split `{split}` must contain sound. Found {len(found)} silent clips."
        )


def check_read_together(subject: DataSetUnderTest) -> None:
    """`waveforms` gives what `waveform` gives, in the order that was asked for."""
    for split in SPLITS:
        rows = subject.drawn(split)[::-1].copy()
        together, alone = subject.data.split(split).waveforms(rows), subject.waveforms(split)
        same = len(together) == len(rows) and all(
            np.array_equal(clip, alone[int(row)]) for clip, row in zip(together, rows, strict=True)
        )
        assert same, (
            "`waveforms(indices)` must give the clips of `waveform`, in the order of the indices. It does not do "
            f"so in split `{split}`."
        )


def check_copies(subject: DataSetUnderTest) -> None:
    """No clip has the samples of a clip of another split, which its own name and source would hide.

    Silent clips are equal and no copies.
    """
    first: dict[bytes, tuple[str, str]] = {}
    for split in SPLITS:
        clips = subject.data.split(split)
        for index in subject.drawn(split, COMPARED):
            waveform = clips.waveform(int(index))
            if not waveform.any():
                continue
            digest = hashlib.blake2b(waveform.tobytes(), digest_size=16).digest()
            where, name = first.setdefault(digest, (split, clips.names[index]))
            assert where == split, (
                f"clips of different splits must differ. Clip `{clips.names[index]}` of `{split}` has the samples of "
                f"`{name}` of `{where}`: put all copies of a recording into one split."
            )


def check_other_processes(subject: DataSetUnderTest) -> None:
    """Clips can be sent to other processes, and sound the same there."""
    for split in SPLITS:
        clips = subject.data.split(split)
        try:
            sent = pickle.loads(pickle.dumps(clips))
        except Exception as error:
            raise AssertionError(
                f"clips must be picklable, for processes that compute features. Found {type(error).__name__}: {error}. "
                "Keep paths and numbers in them instead of open files and functions."
            ) from error
        index = int(subject.drawn(split)[0])
        assert np.array_equal(sent.waveform(index), clips.waveform(index)), (
            f"a pickled copy of the clips must give the same waveforms. It does not do so in split `{split}`."
        )
