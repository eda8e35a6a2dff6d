"""A sweep on a data set of one's own: worker processes run the file, and the same call resumes."""

import pytest

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.reports import load_records


@pytest.mark.slow
def test_a_sweep_on_own_data_resumes_and_notices_an_edit(noises_file, tmp_path):
    table = {
        "data": {"name": "mine", "files": [str(noises_file)]},
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
    noises_file.write_text(noises_file.read_text() + "# edited\n")
    with pytest.raises(
        InputError, match="file of a data set, code of a pruner or prunebench itself has changed"
    ):
        run()
