"""Which cells are computed again, and how far they may be from their record on this machine and on another."""

import dataclasses
import re

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.verification import sample
from prunebench.harness.verification.archive_contents import read_contents
from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.plan_again import plan_again
from prunebench.harness.verification.verify import verify_archive


def moved(record, by, **changes):
    stages = {name: dict(figures) for name, figures in record.stages.items()}
    stages["fine-tuned"]["test_map"] += by
    return dataclasses.replace(record, stages=stages, **changes)


def test_another_machine_may_differ_by_the_stated_tolerance(tiny):
    record = next(r for r in read_contents(tiny[1]).done if r.criterion == "l1")
    for by, alike, repeats in (
        (0.0, True, True),
        (1e-9, True, False),
        (0.009, False, True),
        (-0.011, False, False),
    ):
        cell = sample.compared(record, moved(record, by), alike=alike)
        assert (cell.exact, cell.repeats) == (by == 0, repeats), by
        assert cell.difference == pytest.approx(by)
        finding = sample.check_sample([cell], alike=alike, of=7)
        assert finding.verdict == (Answer.HOLDS if repeats else Answer.DIFFERS)
    assert "is -0.011000 away from the record, where 0.01 is allowed" in finding.said
    cell = sample.compared(record, moved(record, 0.0, base_weights="others"), alike=False)
    assert not cell.repeats, "another base model is no rounding"
    assert (
        "its test and validation mAP are the same, other values"
        in sample.check_sample([cell], alike=False, of=1).said
    )
    failed = sample.compared(
        record, dataclasses.replace(record, status="failed", error="no memory"), alike=True
    )
    finding = sample.check_sample([failed], alike=True, of=1)
    assert finding.verdict == Answer.COULD_NOT_TELL
    assert finding.said.endswith("failed here: no memory")


def test_figures_repeat_to_the_last_bit_only_with_the_same_torch_processor_and_packages(tiny):
    stated = dict(read_contents(tiny[1]).environment)
    assert sample.computes_alike(stated)
    for key in ("torch", "processor", "cpu_capability"):
        assert not sample.computes_alike({**stated, key: "another"})
    assert not sample.computes_alike({**stated, "packages": {**stated["packages"], "soxr": "0"}})
    assert sample.computes_alike({**stated, "cores": 1000, "commit": "another"})


def test_base_models_that_a_run_trained_are_no_sample(tiny, installed, monkeypatch):
    found = read_contents(tiny[1])
    toml = str(tiny[0].parent / "tiny.toml")
    frozen, trained = (plan_again(found, load_config(toml, more)) for more in ((), ["base.pretrained=false"]))
    assert len(sample.candidates(found, frozen)) == 5
    assert not any(sample._is_frozen(cell, trained) for cell in trained.plan.cells)
    monkeypatch.setattr(sample, "_is_frozen", lambda cell, again: False)
    verified = verify_archive(tiny[1])
    assert verified.verdict == Answer.COULD_NOT_TELL
    assert re.search(
        "No cell can be computed again, because the run trained its base models: .* `--sample 0` leaves this check out",
        verified.findings[-1].said,
    )
    assert verify_archive(tiny[1], sample=0).verdict == Answer.HOLDS
