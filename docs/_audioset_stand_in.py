"""A folder that a dry run takes for AudioSet: its layout, its number of test clips, and silence that takes no room.

`python docs/_audioset_stand_in.py FOLDER` writes some megabytes in seconds. Time, features and scores of a plan do not
depend on the number of training clips, which are streamed, so a part of them stands for all.
"""

import sys
from pathlib import Path

import h5py
import numpy as np

from prunebench.harness.data.audioset.index import INDEXES, WAVEFORMS, write_index
from prunebench.harness.networks.audioset_classes import audioset_classes

TRAINING = 260_000  # of which 2 % validate
TEST = 18_887  # that PANNs fetched of the 20,371 evaluation clips; of training clips 1,934,187
RATE, SECONDS = 32_000, 10


def write(root: Path) -> None:
    """The folder as `prunebench data audioset` leaves it."""
    for name, clips in (("balanced_train", TRAINING), ("eval", TEST)):
        packed = root / WAVEFORMS / f"{name}.h5"
        packed.parent.mkdir(parents=True, exist_ok=True)
        classes = len(audioset_classes())
        targets = np.zeros((clips, classes), dtype=bool)
        targets[np.arange(clips), np.arange(clips) % classes] = True
        targets[np.arange(clips), np.arange(clips) * 7 % classes] = True  # two a clip, as in AudioSet
        with h5py.File(packed, "w") as file:
            names = [f"Y{name[:4]}-{number:06d}.wav".encode() for number in range(clips)]
            file.create_dataset("audio_name", data=np.array(names, dtype="S20"))
            # No chunk is ever written, so none takes room; all of it reads as zeros.
            file.create_dataset("waveform", (clips, RATE * SECONDS), dtype="i2", chunks=(1, RATE * SECONDS))
            file.create_dataset("target", data=targets, compression="gzip")
            file.attrs.create("sample_rate", RATE, dtype=np.int32)
        write_index(root / INDEXES / f"{name}.h5", [packed])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
