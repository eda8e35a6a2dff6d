"""Plans with budgets by latency on a machine whose times are a formula."""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from prunebench.eval.cost.complexity import cnn14_macs
from prunebench.eval.errors import InputError
from prunebench.eval.files import write_text
from prunebench.harness.budget.allocation import Global
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.removal import Removal
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.config.config import load_config
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.engine.progress import Progress
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep import latency_tables as module
from prunebench.harness.sweep.latency_tables import latency_tables
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index):
        raise AssertionError("a plan reads no audio")


DATA = DataSet("toy", {"name": "toy"}, ("a", "b", "c"), 32000, NoClips(), NoClips(), NoClips())


def whole_ms(widths):
    """More than its layers together, and not in proportion to them."""
    return 2 + cnn14_macs(widths, 3, 256).backbone / 5e7 + sum(widths) / 300


def layer_ms(spec):
    return 0.02 + 1e-8 * spec.inputs * spec.filters * np.prod(spec.positions or 1) * (9 if spec.norm else 1)


@pytest.fixture
def machine(monkeypatch):
    """What was timed, by kind, in order."""
    timed = []

    def layers(widths_of, backend, *, batch, threads, effort, on_step):
        timed.append(("layers", len(widths_of)))
        on_step(1, len(widths_of))
        return [[float(layer_ms(spec)) for spec in widths] for widths in widths_of]

    def shapes(factory, shapes, reference, *, input_shape, threads, effort, on_step):
        timed.append(("whole", len(shapes) - 1))
        if on_step is not None:
            on_step(500, 1000)
        name, whole = "latency_backbone", whole_ms(reference.widths)
        return {
            key: {
                f"{name}_ms": whole_ms(key.widths),
                f"{name}_ratio": whole_ms(key.widths) / whole,
                f"{name}_ratio_precision": 0.001,
            }
            for key in shapes
        }

    monkeypatch.setattr(module, "layer_milliseconds", layers)
    monkeypatch.setattr(module, "compare_latency", shapes)
    return timed


def config_of(*overrides):
    return load_config(QUICK, ("prune.ratios=[]", "prune.target_latency=[0.8, 0.7]", *overrides))


def tables_of(config, tmp_path, folder=None):
    return latency_tables(config, [DATA], folder, Cache(tmp_path / "cache"), Progress([]))


def planned(config, tables):
    plan = make_plan(config, [DATA], tables)
    return plan, {point.point.amount: point for point in plan.points[0]["C7-C12"]}


def test_targets_are_met_as_measured(machine, tmp_path):
    config = config_of()
    plan, points = planned(config, tables_of(config, tmp_path))
    assert machine[0] == ("layers", 7)
    assert 2 <= len(machine) <= 6
    full = plan.subjects[0].shape.widths
    for target, point in points.items():
        assert abs(whole_ms(point.widths) / whole_ms(full) - target) <= 0.03 * target
        assert {c.ratio for c in plan.cells if c.criterion == "l1" and c.target == target} == {point.ratio}


def test_a_latency_that_falls_late_and_unevenly_is_met_too(machine, tmp_path, monkeypatch):
    """As ONNX Runtime does at width 1/8: odd widths save little, and the last filters save most."""

    def uneven(widths):
        odd = 1.02 if widths[-1] % 2 else 1.0
        return 100 * odd * (0.55 + 0.45 * (sum(widths[6:]) / sum(full[6:])) ** 0.3)

    plan, _ = planned(config_of(), tables_of(config_of(), tmp_path / "first"))
    full = plan.subjects[0].shape.widths
    monkeypatch.setattr(sys.modules[__name__], "whole_ms", uneven)
    config = config_of("prune.target_latency=[0.9, 0.8, 0.7]")
    _, points = planned(config, tables_of(config, tmp_path))
    for target, point in points.items():
        assert abs(uneven(point.widths) / uneven(full) - target) <= 0.03 * target


def test_a_target_just_above_the_smallest_shape_is_not_refused(machine, tmp_path):
    """Whatever models of other targets took: what the smallest shape took is known."""
    config = config_of("prune.target_latency=[0.9]")
    (table,) = tables_of(config, tmp_path).tables
    (smallest,) = [model.share for model in table.models if model.target is None]
    near = round(smallest * 1.02, 4)
    lower = config_of(f"prune.target_latency=[{near}]")
    _, points = planned(lower, tables_of(lower, tmp_path))
    assert set(points) == {near}


def test_other_allocations_go_by_the_corrected_sum(machine, tmp_path):
    config = config_of("prune.allocations=['uniform', 'global']")
    plan, _ = planned(config, tables_of(config, tmp_path))
    layers, model = plan.subjects[0].scopes[0].layers, plan.subjects[0].shape.for_target("C7-C12", 0.7)
    rng, filters = np.random.default_rng(0), model.filters(layers)
    scores = {layer: rng.random(n) * n for layer, n in zip(layers, filters, strict=True)}
    point = BudgetPoint("latency_eager", 0.7)
    counts = counts_along(Global().order(scores), point, model, layers, Global().keeps)
    left = model.without(layers, counts)
    assert model.share("latency_eager", left) == pytest.approx(0.7, rel=0.01)
    assert whole_ms(left) / whole_ms(model.widths) == pytest.approx(0.7, rel=0.05)


def test_the_allocation_by_latency_keeps_the_target(machine, tmp_path):
    config = config_of("prune.allocations=['uniform', 'latency[steps=16]']")
    plan, _ = planned(config, tables_of(config, tmp_path))
    model = plan.subjects[0].shape
    (cell,) = {
        (c.allocation, c.scope, c.target): c
        for c in plan.cells
        if c.criterion == "l1" and c.allocation.name == "latency" and c.target == 0.7 and not c.control
    }.values()
    rng, layers = np.random.default_rng(0), cell.scope.layers
    scores = {layer: rng.random(n) for layer, n in zip(layers, model.filters(layers), strict=True)}
    base = BaseJob(cell.base.identity, config.data[0], model, config.base.recipe, 0)
    counts = Removal(cell, base, Scoring(scores, 0.1)).counts()
    left = model.without(layers, counts)
    assert 0.68 <= model.for_target("C7-C12", 0.7).share("latency_eager", left) <= 0.7
    assert whole_ms(left) / whole_ms(model.widths) == pytest.approx(0.7, rel=0.05)


def test_what_is_known_is_not_measured_again(machine, tmp_path):
    config = config_of()
    first = tables_of(config, tmp_path)
    before = len(machine)
    assert tables_of(config, tmp_path) == first  # from the cache
    folder = tmp_path / "run"
    write_text(folder / "latencies.json", first.to_json())
    assert latency_tables(config, [DATA], folder, Cache(tmp_path / "other"), Progress([])) == first
    assert len(machine) == before
    longer = config_of("prune.target_latency=[0.8, 0.7, 0.75]")
    more = tables_of(longer, tmp_path, folder)
    assert ("layers", 7) not in machine[before:]
    old, new = make_plan(config, [DATA], first).cells, make_plan(longer, [DATA], more).cells
    assert {cell.identity for cell in old} < {cell.identity for cell in new}


def test_a_folder_in_which_another_run_is_at_work_is_refused_before_anything_is_timed(machine, tmp_path):
    config = config_of()
    with RunFolder(tmp_path / "run"), pytest.raises(InputError, match="Another `prunebench run` is working"):
        run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache"))
    assert machine == []


def test_a_folder_with_other_files_is_refused_before_anything_is_timed(machine, tmp_path):
    folder = tmp_path / "run"
    write_text(folder / "notes.txt", "mine")
    with pytest.raises(InputError, match=r"new, empty, or that of an earlier run\. Found `notes.txt`"):
        run_sweep(config_of(), folder, Cache(tmp_path / "cache"))
    assert machine == []
    assert (folder / "notes.txt").read_text() == "mine"


def test_the_content_of_the_table_is_part_of_a_cells_identity(machine, tmp_path):
    config = config_of()
    tables = tables_of(config, tmp_path)
    plan, _ = planned(config, tables)
    (table,) = tables.tables
    layers = tuple(dataclasses.replace(x, ms=tuple(2 * ms for ms in x.ms)) for x in table.layers)
    slower = dataclasses.replace(table, layers=layers)
    other, _ = planned(config, dataclasses.replace(tables, tables=(slower,)))
    by_latency = {c.identity for c in plan.cells if c.budget == "latency_eager"}
    assert by_latency
    assert not by_latency & {c.identity for c in other.cells}
    rest = {c.identity for c in plan.cells} - by_latency
    assert rest <= {c.identity for c in other.cells}


def test_a_preview_measures_nothing_and_goes_by_macs(machine, tmp_path):
    config = config_of()
    tables = latency_tables(config, [DATA], None, Cache(tmp_path / "cache"))
    assert tables.tables == ()
    assert machine == []
    plan, points = planned(config, tables)
    for target, point in points.items():
        assert plan.subjects[0].shape.share("macs_backbone", point.widths) == pytest.approx(target, rel=0.01)
    assert latency_tables(load_config(QUICK), [DATA], None, Cache(tmp_path / "cache")) is None


def test_a_target_below_one_filter_a_layer_is_refused_before_more_is_timed(machine, tmp_path):
    said = r"one filter a layer leaves 0\.\d+ of the latency \(eager\). Found 0.2: ask"
    with pytest.raises(InputError, match=f"`prune.target_latency`: .* {said}"):
        tables_of(config_of("prune.target_latency=[0.2]"), tmp_path)
    assert [kind for kind, _ in machine] == ["layers", "whole"]


def test_a_target_that_no_shape_meets_is_refused(machine, tmp_path):
    config = config_of("prune.target_latency=[0.8]")
    tables = tables_of(config, tmp_path)
    (table,) = tables.tables
    models = tuple(dataclasses.replace(m, share=m.share * 1.05) if m.target else m for m in table.models)
    off = dataclasses.replace(tables, tables=(dataclasses.replace(table, models=models),))
    with pytest.raises(
        InputError, match=r"meets the latency target 0\.8 within 3%\. The nearest takes 0\.8\d+"
    ):
        make_plan(config, [DATA], off)


def test_a_table_of_another_machine_is_refused(machine, tmp_path):
    config, folder = config_of(), tmp_path / "run"
    told = json.loads(tables_of(config, tmp_path).to_json())
    told["tables"][0]["subject"]["processor"] = "another"
    write_text(folder / "latencies.json", json.dumps(told))
    with pytest.raises(
        InputError, match=r"measured with processor 'another', but this run has .*give another folder"
    ):
        tables_of(config, tmp_path, folder)


@pytest.mark.parametrize(
    ("overrides", "changed", "said"),
    [
        (["measure.seconds=1"], {}, "measured with seconds 10.0, but this run has 1.0"),
        (['prune.scopes=["C9-C12"]'], {}, r"measured with groups \['C7', .*, but this run has \['C9'"),
        ([], {"openvino": "1"}, "measured with openvino '1', but this run has None"),
    ],
)
def test_a_table_that_was_made_otherwise_is_refused_before_anything_is_measured(
    machine, tmp_path, overrides, changed, said
):
    folder = tmp_path / "run"
    told = json.loads(tables_of(config_of(), tmp_path).to_json())
    told["tables"][0]["subject"] |= changed
    write_text(folder / "latencies.json", json.dumps(told))
    before = list(machine)
    with pytest.raises(InputError, match=said):
        tables_of(config_of(*overrides), tmp_path, folder)
    assert machine == before


def test_a_damaged_table_is_refused_and_a_damaged_cache_made_again(machine, tmp_path):
    config, folder = config_of(), tmp_path / "run"
    write_text(folder / "latencies.json", "{")
    with pytest.raises(InputError, match="is not a table of latencies as prunebench writes it"):
        tables_of(config, tmp_path, folder)
    tables_of(config, tmp_path)
    (kept,) = (tmp_path / "cache" / "latencies").iterdir()
    kept.write_text("{")
    before = machine.count(("layers", 7))
    tables_of(config, tmp_path)
    assert machine.count(("layers", 7)) == before + 1


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["prune.latency_backend=onnx"], "Unknown backend `onnx`"),
        (["prune.latency_backend=onnxruntime-int8"], "computes in the precision of the model"),
        (["measure.latency=false"], "but `measure.latency` is false: set it to true"),
        (["prune.target_latency=[1.2]"], "less than 1"),
        (
            ["prune.allocations=['latency']", "prune.ratios=[0.5]"],
            "works only with budgets by `prune.target_latency`",
        ),
        (
            ["prune.allocations=['latency']", "finetune.schedules=['iterative[rounds=2]']"],
            "works only with the schedule `one-shot`",
        ),
    ],
)
def test_a_target_that_cannot_be_measured_is_refused(overrides, said):
    with pytest.raises(InputError, match=said):
        config_of(*overrides)


def test_the_backend_of_a_target_is_timed_for_every_shape():
    assert config_of("prune.latency_backend=onnxruntime").measure.backends == ("onnxruntime",)
    assert config_of("prune.latency_backend=onnxruntime", "measure.backends=['folded']").measure.backends == (
        "folded",
        "onnxruntime",
    )
    assert load_config(QUICK, ["prune.latency_backend=onnxruntime"]).measure.backends == ()


def test_measuring_tells_how_far_it_is(machine, tmp_path):
    """Minutes pass between two ends of a part, in which a terminal shows how many layers and rounds are done."""
    shares = []

    class Watching:
        def show(self, progress, news):
            shares.extend((piece.title, piece.share) for piece in progress.running.values())

    latency_tables(config_of(), [DATA], None, Cache(tmp_path / "cache"), Progress([Watching()]))
    layers = [share for title, share in shares if title.endswith(": layers")]
    models = [share for title, share in shares if title.endswith(": models")]
    assert 1 / 8 in layers  # one of seven layers, and whole models come last
    assert models == sorted(models)
    assert any(0 < share < 1 for share in models)
