"""Targets, allocations, schedules, data sets and checkpoints in the plan."""

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from prunebench.eval import InputError
from prunebench.eval.run.record import Record
from prunebench.eval.runtime.backends import Backend
from prunebench.harness.config.config import load_config
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.networks.architecture import scaled_widths
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.plan.plan import make_plan

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

TINY = (2, 2, 3, 3, 4, 4, 16, 16, 32, 32, 64, 64)


class NoClips(Clips):
    names, sources, targets = (), (), np.zeros((0, 3), dtype=bool)

    def waveform(self, index):
        raise AssertionError("a plan reads no audio")


def dataset(label="toy", classes=("a", "b", "c"), **fields):
    clips = NoClips()
    return DataSet(label, {"name": label}, classes, 32000, clips, clips, clips, **fields)


def plan_of(*overrides, preset=QUICK, datasets=None):
    return make_plan(load_config(preset, overrides), datasets or [dataset()])


def identities(plan):
    return {cell.identity for cell in plan.cells}


def counts(plan, field):
    return Counter(
        cell.described()[field] for cell in plan.cells if cell.criterion == "l1" and not cell.control
    )


@pytest.mark.parametrize(
    "addition",
    [
        "prune.target_macs=[0.7]",
        "prune.target_parameters=0.5",
        "prune.target_memory=0.8",
        "prune.limits={parameters=600_000}",
        "prune.allocations=['uniform', 'global', 'same_as:l2']",
        "finetune.schedules=['one-shot', 'iterative[rounds=2]', 'one-shot[distillation=0.5]']",
        "controls.scratch_macs=true",
    ],
)
def test_what_is_new_adds_cells_and_keeps_the_old(addition):
    assert identities(plan_of()) < identities(plan_of(addition))


def test_the_grid_is_the_product_of_its_dimensions():
    plan = plan_of(
        "prune.ratios=[0.5]",
        "prune.target_macs=[0.7]",
        "prune.allocations=['uniform', 'global']",
        "finetune.schedules=['one-shot', 'iterative[rounds=2]']",
    )
    assert len(identities(plan)) == len(plan.cells)
    assert counts(plan, "budget") == {"ratio": 8, "macs_backbone": 8}
    assert counts(plan, "allocation") == {"uniform": 8, "global": 8}
    assert counts(plan, "schedule") == {"one-shot": 8, "iterative[rounds=2]": 8}
    ratios = {cell.ratio for cell in plan.cells if cell.budget == "macs_backbone"}
    assert len(ratios) == 1  # the uniform ratio that meets the target, under every allocation


def test_a_convention_is_another_budget():
    plan = plan_of("prune.ratios=[]", "prune.target_macs=0.95", "prune.convention=with_frontend")
    (point,) = plan.points[0]["C7-C12"]
    assert point.point.kind == "macs_with_frontend"
    assert abs(plan.subjects[0].shape.share("macs_with_frontend", point.widths) - 0.95) < 0.0095


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["prune.target_macs=0.3"], "`prune.target_macs`: .*leaves 0.48.*Found 0.3: ask for"),
        (["prune.ratios=[0.99]", "prune.allocations=global"], "`prune.ratios`: .*Ask for at most 0.94"),
        (["prune.target_parameters=0.01"], "`prune.target_parameters`: .*Found 0.01"),
    ],
)
def test_what_cannot_be_reached_stops_the_plan(overrides, message):
    with pytest.raises(InputError, match=message):
        plan_of(*overrides)


def test_several_data_sets_have_their_own_classes_and_base_models():
    datasets = [dataset("first"), dataset("second", tuple("abcdefgh"))]
    plan = plan_of(datasets=datasets)
    assert [base.data for base in plan.bases] == [0, 1]
    assert [subject.shape.n_classes for subject in plan.subjects] == [3, 8]
    one = plan_of(datasets=datasets[:1])
    assert identities(one) < identities(plan)


@pytest.fixture
def checkpoint(tmp_path):
    model = Cnn14(TINY, n_classes=3, embedding=8, seed=4)
    torch.save(model.state_dict(), tmp_path / "mine.pth")
    return tmp_path / "mine.pth"


def test_a_checkpoint_is_its_content_and_not_its_place(checkpoint, tmp_path):
    plan = plan_of(f"model.checkpoint={checkpoint}")
    assert plan.subjects[0].shape.widths == TINY
    moved = tmp_path / "elsewhere.pth"
    moved.write_bytes(checkpoint.read_bytes())
    assert identities(plan_of(f"model.checkpoint={moved}")) == identities(plan)
    torch.save(Cnn14(TINY, n_classes=3, embedding=8, seed=5).state_dict(), moved)
    assert not identities(plan_of(f"model.checkpoint={moved}")) & identities(plan)
    assert not identities(plan) & identities(plan_of())


def test_a_checkpoint_used_as_it_is_does_not_depend_on_training(checkpoint):
    same = f"model.checkpoint={checkpoint}"
    other = [dataset(classes=("a", "b"))]
    assert identities(plan_of(same, "base.steps=3")) == identities(plan_of(same))
    assert identities(plan_of(same, "base.steps=3", datasets=other)) != identities(
        plan_of(same, datasets=other)
    )
    with pytest.raises(
        InputError, match=r"gives the same base model for every seed. Found `base.seeds = \[0, 1\]`"
    ):
        plan_of(same, "base.seeds=[0, 1]")
    assert len(plan_of(same, "base.seeds=[0, 1]", datasets=other).bases) == 2


def test_a_checkpoint_must_fit(checkpoint, tmp_path):
    with pytest.raises(InputError, match=r"`model.checkpoint` names .*, which does not exist"):
        plan_of(f"model.checkpoint={tmp_path}/absent.pth")
    with pytest.raises(
        InputError, match=r"which is not a file: `prunebench data cnn14` fetches the published one"
    ):
        plan_of(f"model.checkpoint={tmp_path}")
    with pytest.raises(InputError, match=r"which is not a file: name the file of a checkpoint\.$"):
        plan_of(f"model.checkpoint={tmp_path}", "model.network=mn")
    with pytest.raises(InputError, match=r"for 32000 Hz and `toy` at 16000 Hz"):
        plan_of(f"model.checkpoint={checkpoint}", datasets=[dataset(sample_rate=16000)])
    (tmp_path / "text.pth").write_text("no checkpoint")
    with pytest.raises(InputError, match=r"text.pth"):
        plan_of(f"model.checkpoint={tmp_path}/text.pth")


def sensitivity_run(folder, loss, data="toy", layers=range(7, 13)):
    """Records of single layers that lose `loss[layer]` of the validation mAP for each unit of ratio."""
    folder.mkdir()
    shared = {"data": data, "base": "b", "outcome": "o"}
    lines = [
        Record(cell="u", control="unpruned", scope="none", widths=scaled_widths(1 / 8), stages={}, **shared)
    ]
    for layer in layers:
        for ratio in (0.25, 0.5, 0.9):
            stages = {
                "base": {"validation_map": 0.8, "test_map": 0.5},
                "pruned": {"validation_map": 0.0, "test_map": 0.9},
                "recalibrated": {"validation_map": 0.8 * (1 - loss[layer] * ratio), "test_map": 0.1},
            }
            name = f"{layer} {ratio}"
            lines.append(
                Record(cell=name, criterion="random", scope=f"C{layer}", ratio=ratio, stages=stages, **shared)
            )
    (folder / "records.jsonl").write_text("".join(line.to_json() + "\n" for line in lines))
    return folder


def test_sensitive_layers_lose_less(tmp_path):
    run = sensitivity_run(tmp_path / "s", {7: 1.0, 8: 0.1, 9: 0.5, 10: 0.5, 11: 0.2, 12: 0.2})
    table = (f"prune.sensitivity={run}", "prune.allocations=['uniform', 'per_layer']")
    plan = plan_of(*table, "prune.ratios=[0.5]")
    (point,) = plan.points[0]["C7-C12"]
    widths = np.array(scaled_widths(1 / 8)[6:])
    shares = np.array(point.counts["per_layer"]) / widths
    assert sum(point.counts["per_layer"]) == widths.sum() / 2
    assert shares[0] < shares[2] < shares[4]
    assert np.allclose(
        shares[[0, 2, 4]] * [1.0, 0.5, 0.2], shares[0], atol=0.02
    )  # about the same loss everywhere
    assert {c.counts for c in plan.cells if c.allocation.label == "per_layer"} == {point.counts["per_layer"]}
    moved = run.rename(tmp_path / "t")
    again = plan_of(f"prune.sensitivity={moved}", table[1], "prune.ratios=[0.5]")
    assert identities(again) == identities(plan)


def test_a_table_must_fit(tmp_path):
    run = sensitivity_run(tmp_path / "s", dict.fromkeys(range(7, 12), 0.5), layers=range(7, 12))
    per_layer = "prune.allocations=per_layer"
    with pytest.raises(InputError, match=r"`prune.sensitivity` must name the folder"):
        plan_of(per_layer)
    with pytest.raises(
        InputError, match=r"must contain every layer of the scope. .* contains no finished cell for C12"
    ):
        plan_of(per_layer, f"prune.sensitivity={run}")
    with pytest.raises(InputError, match=r"must contain the criterion `l1`"):
        plan_of(per_layer, f"prune.sensitivity={run}", "prune.sensitivity_criterion=l1")
    with pytest.raises(
        InputError, match=r"of data set `other` that prune .* contains such cells only for `toy`"
    ):
        plan_of(per_layer, f"prune.sensitivity={run}", datasets=[dataset("other")])
    with pytest.raises(InputError, match=r"must come from a model with the widths"):
        plan_of(per_layer, f"prune.sensitivity={run}", "model.width=0.25")
    records = (run / "records.jsonl").read_text().splitlines(keepends=True)
    (run / "records.jsonl").write_text("".join(records[1:]))
    with pytest.raises(InputError, match=r"contains no finished cell of the unpruned model"):
        plan_of(per_layer, f"prune.sensitivity={run}")
    with pytest.raises(InputError, match=r"There is no folder"):
        plan_of(per_layer, f"prune.sensitivity={tmp_path}/absent")


def test_a_hundred_thousand_cells_are_planned_in_seconds():
    """A fortieth of that here; `benchmarks/test_planning.py` takes the whole, and memory."""
    started = time.process_time()
    plan = plan_of(preset="claim")
    assert len(plan.cells) > 2000
    assert (time.process_time() - started) / len(plan.cells) < 10 / 100_000


def test_quantising_is_in_identities_with_all_its_values():
    settings = ("quantise=true", "quantise.clips=32", "quantise.method=percentile")
    plans = [plan_of(), *(plan_of(setting) for setting in settings)]
    assert len(set.union(*map(identities, plans))) == 4 * len(plans[0].cells)
    assert identities(plan_of("quantise=false")) == identities(plans[0])


def test_quantising_without_onnx_runtime_is_refused_with_what_to_install(monkeypatch):
    missing = "Backend `onnxruntime-int8` needs `onnxruntime`: pip install 'prunebench[backends]'."
    monkeypatch.setattr(Backend, "missing", lambda self: missing)
    with pytest.raises(InputError, match=r"^Table `\[quantise\]` needs `onnxruntime`: pip install [^ ]+\.$"):
        plan_of("quantise=true")
    assert plan_of().cells


def test_limits_are_kept_by_every_allocation():
    limits = "prune.limits={macs=25e6, parameter_bytes=1.5e6, seconds=1, precision='float16'}"
    plan = plan_of("prune.ratios=[]", limits, "prune.allocations=['uniform', 'same_as:l1']")
    label = "limits[macs=25000000,parameter_bytes=1500000,seconds=1,precision=float16]"
    cells = [cell for cell in plan.cells if cell.criterion == "l1" and not cell.control]
    assert {(cell.budget, cell.target) for cell in cells} == {(label, None)}
    (planned,) = plan.points[0]["C7-C12"]
    reached = planned.point.limits.reached(plan.subjects[0].shape, planned.widths)
    assert reached["macs"] <= 25e6
    assert 1.49e6 < reached["parameter_bytes"] <= 1.5e6


@pytest.mark.parametrize(
    ("addition", "said"),
    [
        (
            "prune.limits={macs=1e6, parameters=1e6, seconds=1}",
            r"`prune.limits`: The scope cannot meet `macs = 1,000,000`: .* Raise the limit",
        ),
        ("prune.limits={macs=1e9, parameters=9e6, seconds=1}", "already meets all limits, .*: lower a limit"),
        ("prune.target_memory=0.01", r"`prune.target_memory`: .*of the peak memory .*Found 0.01: ask for"),
        ("prune.target_file_bytes=0.01", r"`prune.target_file_bytes`: .*of the bytes of the file"),
        ("prune.limits={mac=1e6}", "Entry 1 of `prune.limits`: Unknown key `mac`; did you mean `macs`"),
        ("prune.limits={seconds=1}", "No limit is given. Give at least one of macs"),
        ("prune.limits=[]", "prune.ratios"),
    ],
)
def test_budgets_that_cannot_be_met_are_refused_by_name(addition, said):
    with pytest.raises(InputError, match=said):
        plan_of("prune.ratios=[]", addition)
