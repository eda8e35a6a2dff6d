"""A merged run has the scores, curve and removed filters of the run whose record of the cell it has."""

import json
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.run.contents import curves_of, removed_filters
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.merge import merge_runs

QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")


@pytest.fixture
def run(tmp_path):
    """Makes a run folder of another processor, whose figures are all of one value."""

    def made(name, value, status):
        folder = tmp_path / name
        files = RunFiles(folder)
        folder.mkdir()
        files.config.write_text(load_config(QUICK).to_toml())
        files.environment.write_text(
            json.dumps({"torch": "2", "processor": name, "packages": {"prunebench": "1"}})
        )
        files.plan.write_text(json.dumps(list(status)))
        for cell, how in status.items():
            told = {"outcome": f"o{cell}", "data": "synth", "base": "b", "scope": "C7-C12", "criterion": "l1"}
            done = {"stages": {"pruned": {"test_map": value}}} if how == "done" else {"error": "no"}
            with files.records.open("a") as stream:
                stream.write(Record(cell=cell, status=how, **told, **done).to_json() + "\n")
            files.scores.mkdir(exist_ok=True)
            for stage in ("", "fine-tuned"):
                np.savez(files.scores_of(f"o{cell}", stage), test=np.full((2, 2), value, np.float32))
            for path, line in (
                (files.removed, {"removed": {"C7": [int(10 * value)]}}),
                (files.curves, {"curve": [[0, value]]}),
            ):
                with path.open("a") as stream:
                    stream.write(json.dumps({"outcome": f"o{cell}", **line}) + "\n")
        return folder

    return made


def test_what_a_failed_cell_left_does_not_stand_beside_the_record_of_another_run(run, tmp_path):
    one = run("one", 0.25, {"a": "failed", "b": "done"})
    two = run("two", 0.75, {"a": "done", "b": "done"})
    files = RunFiles(merge_runs([one, two], tmp_path / "both").folder)
    records = {r.cell: r for r in load_records(files.folder)}
    removed, curves = removed_filters(files, {"oa", "ob"}), curves_of(files)
    for cell, value in (("a", 0.75), ("b", 0.25)):
        assert records[cell].stages["pruned"]["test_map"] == value
        for stage in ("", "fine-tuned"):
            assert (read_test_scores(files, f"o{cell}", stage) == value).all()
        assert list(removed[f"o{cell}"]["C7"]) == [int(10 * value)]
        assert curves[f"o{cell}"] == ((0, value),)
