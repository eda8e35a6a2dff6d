"""A sweep on a data set of one's own: worker processes run the file, and the same call resumes."""

import pytest

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.reports import load_records

SOURCE = '''
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from prunebench.harness.data import Clips, DataSet, DataSetBuilder

class Noises(Clips):
    def __init__(self, split, clips):
        self.split, self.names = split, tuple(f"{split}-{index}" for index in range(clips))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.eye(2, dtype=bool)[np.arange(clips) % 2]

    def waveform(self, index):
        draw = np.random.default_rng([len(self.split), index])
        return (draw.uniform(-0.5, 0.5, 32000) * (0.1, 1)[index % 2]).astype(np.float32)

@dataclass(frozen=True)
class Mine(DataSetBuilder):
    """Quiet and loud noise."""
    name: ClassVar[str] = "mine"

    def build(self, root):
        splits = {split: Noises(split, 8) for split in ("training", "validation", "test")}
        return DataSet("", {}, ("quiet", "loud"), samples=32000, **splits)
'''


@pytest.mark.slow
def test_a_sweep_on_own_data_resumes_and_notices_an_edit(tmp_path):
    (tmp_path / "mine.py").write_text(SOURCE)
    table = {
        "data": {"name": "mine", "files": [str(tmp_path / "mine.py")]},
        "model": {"width": 0.03125},
        "base": {"steps": 1},
        "finetune": {"steps": 1, "rates": [0.001]},
        "prune": {"ratios": [0.5], "seeds": [0]},
        "measure": {"latency": False},
        "workers": 1,
    }

    def run():
        return harness.run(table, tmp_path / "run", cache=tmp_path / "cache")

    assert run().failed == 0
    assert {record.data for record in load_records(tmp_path / "run")} == {"mine"}
    log = (tmp_path / "run" / "outcomes.jsonl").read_bytes()
    assert run().failed == 0
    assert (tmp_path / "run" / "outcomes.jsonl").read_bytes() == log
    (tmp_path / "mine.py").write_text(SOURCE + "# edited\n")
    with pytest.raises(
        InputError, match="files of a data set, the code of a pruner or prunebench have changed"
    ):
        run()
