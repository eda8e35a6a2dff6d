import json
from dataclasses import replace

import numpy as np
import pytest

from prunebench.eval import InputError, Record
from prunebench.eval.files import write_text
from prunebench.eval.run.layout import file_name
from prunebench.eval.run.scores_of_test_clips import write_test_scores
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.config.comparison import difference
from prunebench.harness.config.config import load_config
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.engine.progress import Progress
from prunebench.harness.engine.progress_file import ProgressFile
from prunebench.harness.plan.plan import Base, Cell, Plan
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.sweep.skipped import write_notes, write_skipped

PRUNER = """
from dataclasses import dataclass
from typing import ClassVar

from prunebench.pruners import Pruner


@dataclass(frozen=True)
class Mine(Pruner):
    name: ClassVar[str] = "mine"
    reference: ClassVar[str] = ""

    def score(self, layer):
        return layer.weight.flatten(1).sum(1)
"""
RECORD = Record(
    cell="a", outcome="o", data="toy", base="b", scope="C7-C12", stages={"base": {"test_map": 0.5}}
)


def plan(*identities):
    base = Base("b", 0, 0)
    return Plan((base,), tuple(Cell(identity, base) for identity in identities))


def test_records_survive_a_torn_line_and_the_last_wins(tmp_path):
    with RunFolder(tmp_path) as run:
        run.add_record(RECORD)
        with (tmp_path / "records.jsonl").open("a") as stream:
            stream.write(RECORD.to_json()[:50])
        assert run.records() == {"a": RECORD}
        later = replace(RECORD, ratio=0.5)
        run.add_record(later)
        run.add_record(replace(RECORD, cell="c"))
        assert run.records()["a"] == later
        assert list(run.records()) == ["a", "c"]
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 3


def test_a_second_run_is_refused(tmp_path):
    twice = pytest.raises(InputError, match="Another `prunebench run` is working")
    with RunFolder(tmp_path), twice, RunFolder(tmp_path):
        raise AssertionError("two runs in one folder")
    with RunFolder(tmp_path) as run:
        assert run.records() == {}


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="A run folder must be a folder that can be written"):
        RunFolder(tmp_path / "file").__enter__()


def test_probes_of_a_killed_run_go_and_what_is_named_alike_stays(tmp_path):
    probe, other = tmp_path / f".prunebench-{'0a' * 16}", tmp_path / ".prunebench-notes"
    for file in (probe, other):
        file.write_text("")
    with RunFolder(tmp_path):
        assert not probe.exists()
    assert other.exists()


def test_finished_cells_must_be_in_the_configuration(tmp_path):
    config = load_config("quick")
    with RunFolder(tmp_path) as run:
        run.begin(config, plan("a", "b"), [])
        run.add_record(RECORD)
        run.begin(config, plan("a", "b", "c"), [])
        other = load_config("quick", ["finetune.steps=7", "workers=9"])
        shown = (
            r"must contain all finished cells .* contains 1 finished cell that this configuration does not contain "
            r"\(`finetune.steps` is 60 in the folder and 7 in the configuration\)"
        )
        with pytest.raises(InputError, match=shown):
            run.begin(other, plan("b", "c"), [])
        with pytest.raises(InputError, match=r"itself has changed: give another folder with -o\.$"):
            run.begin(config, plan("b", "c"), [])  # cells of changed files


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (
            ["finetune.steps=9"],
            ["prune.ratios=[0.1, 0.25, 0.5, 0.75]"],
            "`finetune.steps` is 9 in the folder and 60 in the configuration",
        ),
        ([], ["prune.ratios=[0.25, 0.9]"], "`prune.ratios` of the configuration lacks 0.5, 0.75"),
        (
            [],
            ["prune.seeds=[1, 0, 2]"],
            "`prune.seeds` begins with 0 in the folder and 1 in the configuration",
        ),
        (
            ["controls.scratch=true"],
            ["controls.reversed=true"],
            "`controls.scratch` is True in the folder and False in the configuration",
        ),
        (
            [],
            ["data.seed=1", "measure.latency=false"],
            "`data.seed` is 0 in the folder and 1 in the configuration",
        ),
    ],
)
def test_what_only_adds_cells_is_no_difference(tmp_path, before, after, shown):
    config = load_config("quick", before)
    write_text(tmp_path / "config.toml", config.to_toml())
    more = ["claim=true", "workers=7", "finetune.seeds=[0, 1, 2]", "prune.target_macs=[0.8]", *after]
    assert difference(tmp_path, load_config("quick", more)) == f" ({shown})"


def test_a_data_set_more_is_no_difference(tmp_path):
    several = load_config("quick", ["data=[{name='synth'}, {name='synth', seed=1}]"])
    write_text(tmp_path / "config.toml", load_config("quick").to_toml())
    assert "although no key differs" in difference(tmp_path, several)
    write_text(tmp_path / "config.toml", several.to_toml())
    assert "`data` of the configuration lacks {'name': 'synth'" in difference(tmp_path, load_config("quick"))


def test_a_folder_of_another_schema_is_refused_as_it_is(tmp_path):
    with RunFolder(tmp_path) as run:
        run.begin(load_config("quick"), plan("a"), [])
        file = tmp_path / "environment.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"run_schema_version": 99}))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        with pytest.raises(InputError, match=r"must have run_schema_version 1\. Found 99"):
            run.begin(load_config("quick"), plan("b"), [])
        assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_what_a_crash_left_behind_is_removed(tmp_path):
    for name in (".plan.json.prunebench-abcd1234", "scores/.o.npz.prunebench-0123abcd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("half")
    (tmp_path / "plan.json").write_text("[]")
    with RunFolder(tmp_path) as run:
        run.begin(load_config("quick"), plan("a"), [])
    assert [path.name for path in tmp_path.rglob(".*")] == [".lock"]


def test_an_outcome_of_two_lengths_is_finished_with_the_scores_of_both(tmp_path):
    stages = {"fine-tuned": {"test_map": 0.4}, "converged": {"test_map": 0.5}}
    with RunFolder(tmp_path) as run:
        run.begin(load_config("quick"), plan("a"), [])
        run.add_outcome(Outcome("o", (1,) * 12, stages, {}, {}), {})
        scores = np.zeros((2, 3), dtype=np.float32), np.zeros(2, dtype=np.float32)
        write_test_scores(run.files, "o", *scores)
        assert run.outcomes() == {}
        write_test_scores(run.files, "o", *scores, "fine-tuned")
        assert list(run.outcomes()) == ["o"]
        run.files.scores_of("o").unlink()
        assert run.outcomes() == {}


def test_another_torch_is_another_run(tmp_path):
    with RunFolder(tmp_path) as run:
        run.begin(load_config("quick"), plan("a"), [])
        run.add_outcome(Outcome("o", (1,) * 12, {}, {}, {}), {})
        file = tmp_path / "environment.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"torch": "1.0"}))
        with pytest.raises(
            InputError, match="All cells of a run must be computed with the same version of torch"
        ):
            run.begin(load_config("quick"), plan("a"), [])


def test_labels_as_file_names():
    assert file_name("esc10 mix=3 test_fold=1") == "esc10_mix=3_test_fold=1"
    assert file_name("../../x") == ".._.._x"


def test_someone_elses_folder_is_left_alone(tmp_path):
    (tmp_path / "config.toml").write_text("mine = true")
    with RunFolder(tmp_path) as run, pytest.raises(InputError, match=r"Found `config.toml`"):
        run.begin(load_config("quick"), plan("a"), [])
    assert (tmp_path / "config.toml").read_text() == "mine = true"


def test_failed_cells_do_not_bind_a_configuration(tmp_path):
    with RunFolder(tmp_path) as run:
        run.begin(load_config("quick"), plan("a"), [])
        run.add_record(replace(RECORD, status="failed", error="no such thing"))
        run.begin(load_config("quick"), plan("b"), [])


@pytest.mark.parametrize("line", ["xx", "{}", "[]", '{"widths": null, "timings": 3}'])
@pytest.mark.parametrize("log", ["records", "outcomes", "shapes"])
def test_a_foreign_line_is_named(tmp_path, log, line):
    (tmp_path / f"{log}.jsonl").write_text(line + "\n")
    with RunFolder(tmp_path) as run, pytest.raises(InputError, match=rf"{log}.jsonl, line 1: "):
        run.shapes({}) if log == "shapes" else getattr(run, log)()


def test_what_describes_a_run_replaces_links_and_leaves_what_they_lead_to(tmp_path):
    """The link may have come after the folder was looked at, or lie in a folder of it."""
    pruner = tmp_path / "mine.py"
    pruner.write_text(PRUNER)
    config = load_config("quick", [f"prune.files=[{json.dumps(str(pruner))}]"])
    data = open_dataset(DataOptions(training_clips=1, validation_clips=1, test_clips=2))
    noted = replace(data, skipped=(("a.wav", "it is cut short"),))
    noted.training.noted = (("b.wav", "clipped"),)
    with RunFolder(tmp_path / "run") as run:

        def write():
            run.begin(config, plan("a"), [data])
            write_skipped(run.path, [noted])
            write_notes(run.path, [noted])
            ProgressFile(run.files.progress).show(Progress(), None)

        write()
        files = [path for path in run.path.rglob("*") if path.is_file() and path != run.files.lock]
        assert len(files) == 9
        for number, path in enumerate(files):
            path.rename(tmp_path / f"elsewhere{number}")
            path.symlink_to(tmp_path / f"elsewhere{number}")
        before = [(tmp_path / f"elsewhere{number}").stat() for number in range(9)]
        write()
        assert [path.name for path in files if path.is_symlink()] == []
        after = [(tmp_path / f"elsewhere{number}").stat() for number in range(9)]
        assert [(stat.st_ino, stat.st_mtime_ns) for stat in after] == [
            (stat.st_ino, stat.st_mtime_ns) for stat in before
        ]
