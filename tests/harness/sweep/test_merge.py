"""Run folders joined to one; what does not fit is refused and nothing is written."""

import json
import os
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.latency_table import LatencyTable, LatencyTables, LayerLatencies, WholeLatency
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.run.shape_line import ShapeTimings, load_shapes
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.merge import merge_runs

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

ENVIRONMENT = {"torch": "2.13.0", "processor": "one", "packages": {"prunebench": "0.1.0"}, "commit": "abc"}


def record(name, criterion="l1", value=0.5, **fields):
    stages = {"fine-tuned": {"test_map": value}}
    found = {"cell": name, "outcome": f"o{name}", "data": "synth", "base": "b", "scope": "C7-C12"}
    return Record(
        **{**found, "criterion": criterion, "ratio": 0.5, "stages": stages, "widths": (4, 2), **fields}
    )


def measure_row(name):
    return {"name": name, "kind": "quality", "title": name, "unit": "", "better": "higher"}


@pytest.fixture
def make(tmp_path):
    """Makes a run folder."""

    def made(name, records, *overrides, environment=ENVIRONMENT, clips=3, classes=("dog", "rain")):
        run = tmp_path / name
        for part in ("scores", "targets"):
            (run / part).mkdir(parents=True)
        (run / "config.toml").write_text(load_config(QUICK, overrides).to_toml())
        (run / "environment.json").write_text(json.dumps(environment))
        (run / "plan.json").write_text(json.dumps([r.cell for r in records]))
        (run / "records.jsonl").write_text("".join(f"{r.to_json()}\n" for r in records))
        (run / "outcomes.jsonl").write_text(
            "".join(json.dumps({"identity": r.outcome}) + "\n" for r in records)
        )
        (run / "shapes.jsonl").write_text(ShapeTimings((4, 2), {"ms": len(name)}).to_json() + "\n")
        (run / "measures.json").write_text(json.dumps([measure_row("map"), measure_row(name)]))
        for r in records:
            np.savez(run / "scores" / f"{r.outcome}.npz", test=np.zeros((clips, 2)))
        names = np.arange(clips).astype(str)
        targets = np.zeros((clips, 2))
        np.savez(run / "targets" / "synth.npz", targets=targets, names=names, class_names=np.array(classes))
        return run

    return made


def test_grids_records_and_files_are_joined(make, tmp_path):
    one = make("one", [record("a"), record("b", status="failed", stages={}, error="no")], "base.seeds=[0, 1]")
    two = make(
        "two", [record("b"), record("c", "l2")], 'prune.criteria=["l2", "random"]', "base.seeds=[0, 2]"
    )
    merged = merge_runs([one, two], tmp_path / "both")
    assert {r.cell: r.status for r in load_records(merged.folder)} == dict.fromkeys("abc", "done")
    config = tomllib.loads((merged.folder / "config.toml").read_text())
    assert config["base"]["seeds"] == [0, 1, 2]
    assert {"l1", "l2", "random"} <= set(config["prune"]["criteria"])
    assert load_config(str(merged.folder / "config.toml")).prune.criteria
    assert {p.name for p in (merged.folder / "scores").iterdir()} == {"oa.npz", "ob.npz", "oc.npz"}
    assert json.loads((merged.folder / "plan.json").read_text()) == ["a", "b", "c"]
    lines = (merged.folder / "outcomes.jsonl").read_text().splitlines()
    assert {json.loads(line)["identity"] for line in lines} == {"oa", "ob", "oc"}
    assert len(json.loads((merged.folder / "environment.json").read_text())["merged_from"]) == 2
    assert (merged.cells, merged.twice) == (3, 0)
    assert not list(tmp_path.glob(".both*"))


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
@pytest.mark.parametrize(
    "name", ["scores/x.npz", "pruners/x.py", "targets/x.npz", ".lock", "config.toml", "scores"]
)
def test_what_a_link_leads_to_is_neither_copied_nor_touched(make, tmp_path, name):
    one, two = make("one", [record("a")]), make("two", [record("b")])
    secret = tmp_path / "secret"
    secret.write_text("mine")
    place = two / name
    place.parent.mkdir(exist_ok=True)
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(tmp_path if name == "scores" else secret)
    with pytest.raises(
        InputError, match=r"is a symbolic link, but a run folder must contain the files themselves"
    ):
        merge_runs([one, two], tmp_path / "both")
    assert secret.read_text() == "mine"
    assert not (tmp_path / "both").exists()


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
@pytest.mark.parametrize("name", ["records.jsonl", "plan.json", "scores/x.npz"])
def test_a_pipe_in_a_run_folder_is_refused_and_not_waited_for(make, tmp_path, name):
    one, two = make("one", [record("a")]), make("two", [record("b")])
    (two / name).unlink(missing_ok=True)
    os.mkfifo(two / name)
    with pytest.raises(InputError, match="is a pipe, but a file is needed"):
        merge_runs([one, two], tmp_path / "both")


def test_curves_are_joined_and_need_not_be_as_fine(make, tmp_path):
    one, two = make("one", [record("a")]), make("two", [record("c")], "finetune.evaluate_every=5")
    line = '{"outcome":"oc","curve":[[0,0.1],[5,0.2]]}\n'
    (two / "curves.jsonl").write_text(line)
    merged = merge_runs([one, two], tmp_path / "both")
    assert (merged.folder / "curves.jsonl").read_text() == line


@pytest.mark.parametrize("name", ["skipped.csv", "notes.csv"])
def test_lists_of_clips_are_joined(make, tmp_path, name):
    one, two = (make(run, [record(run)]) for run in ("one", "two"))
    for run, clip in ((one, "a.wav"), (two, "b.wav")):
        (run / name).write_text(f"data,clip,why\nsynth,{clip},empty\n")
    merged = merge_runs([one, two], tmp_path / "both")
    assert (merged.folder / name).read_text() == "data,clip,why\nsynth,a.wav,empty\nsynth,b.wav,empty\n"
    assert len(list(merged.folder.glob("*.csv"))) == 1


def test_a_cell_that_both_have_is_there_once(make, tmp_path):
    one, two = (make(name, [record("a")]) for name in ("one", "two"))
    merged = merge_runs([one, two], tmp_path / "both")
    assert (merged.cells, merged.twice, merged.largest) == (1, 1, 0.0)


def test_other_processors_may_differ_in_digits_and_keep_one_ones_timings(make, tmp_path):
    one = make("one", [record("a")])
    two = make("other", [record("a", value=0.5001)], environment={**ENVIRONMENT, "processor": "two"})
    merged = merge_runs([one, two], tmp_path / "both")
    assert merged.largest == pytest.approx(0.0001)
    assert "several processors" in merged.said[0]
    (found,) = load_records(merged.folder)
    assert found.stages["fine-tuned"]["test_map"] == 0.5
    assert found.timings == {"ms": 3}


REFUSED = {
    "settings": (("base.steps=7",), {}, {}, "`base.steps`"),
    "seeds": (("base.seeds=[5]",), {}, {}, "begin `base.seeds` with the same seed"),
    "torch": ((), {"environment": {**ENVIRONMENT, "torch": "2.5.0"}}, {}, "the same version of torch"),
    "schema": (
        (),
        {"environment": {**ENVIRONMENT, "run_schema_version": 99}},
        {},
        r"must have run_schema_version 1\. Found 99 in `.*two`",
    ),
    "version": (
        (),
        {"environment": {**ENVIRONMENT, "packages": {"prunebench": "9"}}},
        {},
        "the same version of prunebench",
    ),
    "clips": ((), {"clips": 4}, {}, "same test clips"),
    "classes": ((), {"classes": ("rain", "dog")}, {}, "same test clips"),
    "results": ((), {}, {"value": 0.6}, "On the same processor, two results of a cell must be equal"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_written(make, tmp_path, why):
    overrides, options, changed, message = REFUSED[why]
    one, two = make("one", [record("a")]), make("two", [record("a", **changed)], *overrides, **options)
    with pytest.raises(InputError, match=message):
        merge_runs([one, two], tmp_path / "both")
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def test_folders_must_be_runs_and_the_new_one_new(make, tmp_path):
    one = make("one", [record("a")])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with pytest.raises(InputError, match="at least two"):
        merge_runs([one], tmp_path / "both")
    with pytest.raises(InputError, match="new folder"):
        merge_runs([one, one], tmp_path / "full")
    with pytest.raises(InputError, match=r"records\.jsonl"):
        merge_runs([one, tmp_path / "full"], tmp_path / "both")
    (one / "environment.json").write_text("[")
    with pytest.raises(InputError, match=r"environment\.json"):
        merge_runs([one, make("two", [])], tmp_path / "both")


@pytest.mark.parametrize(
    ("log", "line"),
    [("outcomes", '{"identity": "oa" "widths": 1}'), ("removed", "[]"), ("curves", "{}"), ("shapes", "{}")],
)
def test_a_damaged_line_is_named_and_nothing_is_written(make, tmp_path, log, line):
    one, two = make("one", [record("a")]), make("two", [record("c")])
    with (two / f"{log}.jsonl").open("a") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(InputError, match=rf"two/{log}\.jsonl, line \d: cannot be read"):
        merge_runs([one, two], tmp_path / "new" / "both")
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def test_torn_test_targets_are_named_and_nothing_is_written(make, tmp_path):
    one, two = make("one", [record("a")]), make("two", [record("c")])
    file = two / "targets" / "synth.npz"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(InputError, match=r"two/targets/synth\.npz` must be an npz archive"):
        merge_runs([one, two], tmp_path / "new" / "both")
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def test_a_run_given_twice_is_said(make, tmp_path):
    one = make("one", [record("a")])
    (tmp_path / "link").symlink_to(one)
    with pytest.raises(InputError, match=r"must be different folders. Found `.*one` twice: give each once"):
        merge_runs([one, make("two", []), one], tmp_path / "both")
    with pytest.raises(InputError, match=r"Found `.*one` twice, also as `.*link`"):
        merge_runs([one, tmp_path / "link"], tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_shapes_of_equal_widths_are_kept_for_each_network_and_number_of_classes(make, tmp_path):
    runs = [make(name, [record(name)]) for name in ("one", "other")]
    shapes = [
        ShapeTimings((4, 2), {"ms": 1.0}, network="own", n_classes=3),
        ShapeTimings((4, 2), {"ms": 2.0}, network="own", n_classes=5),
        ShapeTimings((4, 2), {"ms": 3.0}, network="another", n_classes=3),
    ]
    (runs[0] / "shapes.jsonl").write_text("".join(f"{shape.to_json()}\n" for shape in shapes))
    merge_runs(runs, tmp_path / "both")
    found = load_shapes(tmp_path / "both")
    assert {key: shape.timings["ms"] for key, shape in found.items()} == {
        **{shape.key: shape.timings["ms"] for shape in shapes},
        ShapeTimings((4, 2), {}).key: len("other"),
    }


LAYER = LayerLatencies("conv", ((8, ((0, 1),)),), ((1, 4), (1, 8)), (0.5, 1.0), (1.0, 2.0))


def latencies(*targets, whole_ms=4.0, share=None, network="cnn14"):
    models = tuple(WholeLatency("C7-C12", t, 1 - t, (4,), share or t, 0.01) for t in targets)
    subject = {"network": network, "widths": [8], "n_classes": 2}
    return LatencyTables.with_tables([LatencyTable(subject, whole_ms, (LAYER,), models)])


def test_tables_of_latencies_are_joined_so_that_the_merged_run_goes_on(make, tmp_path):
    one, other = make("one", [record("a")]), make("two", [record("b")])
    assert not (merge_runs([one, other], tmp_path / "none").folder / "latencies.json").exists()
    (one / "latencies.json").write_text(latencies(0.8, 0.7).to_json())
    (other / "latencies.json").write_text(latencies(0.7, 0.6).to_json())
    merged = merge_runs([one, other], tmp_path / "both").folder / "latencies.json"
    assert LatencyTables.from_json(merged.read_text(), "merged") == latencies(0.8, 0.7, 0.6)
    tables = latencies(0.7, network="another")
    (other / "latencies.json").write_text(tables.to_json())
    merged = merge_runs([one, other], tmp_path / "networks").folder / "latencies.json"
    found = LatencyTables.from_json(merged.read_text(), "merged").tables
    assert found == (*latencies(0.8, 0.7).tables, *tables.tables)


@pytest.mark.parametrize("changed", [{"whole_ms": 5.0}, {"share": 0.71}])
def test_runs_of_other_tables_of_latencies_are_not_merged(make, tmp_path, changed):
    one, other = make("one", [record("a")]), make("two", [record("b")])
    (one / "latencies.json").write_text(latencies(0.7).to_json())
    (other / "latencies.json").write_text(latencies(0.7, **changed).to_json())
    with pytest.raises(
        InputError, match=r"planned with the same table of latencies. The tables of `cnn14` in .* differ"
    ):
        merge_runs([one, other], tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_limits_and_targets_of_latency_are_joined_as_other_budgets_are(make, tmp_path):
    first = ["prune.limits=[{macs=1e7}]", "prune.target_latency=[0.7]", "prune.latency_backend=folded"]
    one = make("one", [record("a")], *first)
    other = make("two", [record("b")], "prune.limits=[{macs=1e7}, {parameters=1e4}]")
    for number, runs in enumerate(([one, other], [other, one])):
        found = load_config(str(merge_runs(runs, tmp_path / f"both-{number}").folder / "config.toml")).prune
        assert {limits.label for limits in found.limits} == {
            "limits[macs=10000000]",
            "limits[parameters=10000]",
        }
        assert (found.target_latency, found.latency_backend) == ((0.7,), "folded")
    third = make("three", [record("c")], "prune.target_latency=[0.7]")
    with pytest.raises(InputError, match=r"`prune\.latency_backend` \(folded and eager\)"):
        merge_runs([one, third], tmp_path / "backends")
