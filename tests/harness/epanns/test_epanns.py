"""What follows of E-PANNs' claims, and what a run says of the rest."""

import pytest

from prunebench.baselines.papers import epanns
from prunebench.harness.data.releases import EPANNS_WIDTHS
from prunebench.harness.engine.progress import Progress
from prunebench.harness.epanns import arithmetic as epanns_figures
from prunebench.harness.epanns.arithmetic import MachineFigures, machine_figures, pruned_widths, shape_figures
from prunebench.harness.epanns.claims_checked import architecture_findings, quality_findings
from prunebench.harness.epanns.experiment import EvaluatedModel

SHAPES = shape_figures(epanns.RATIOS)


def verdicts(findings):
    return {finding.claim.key: finding.verdict for finding in findings}


def test_half_has_the_released_widths():
    assert pruned_widths(0.5) == EPANNS_WIDTHS


@pytest.mark.parametrize(
    ("ratio", "parameters", "backbone", "with_frontend"),
    [
        (0.0, 80_753_615, 20.042, 21.094),
        (0.25, 47_408_591, 15.642, 16.694),
        (0.5, 23_205_839, 12.415, 13.466),
        (0.75, 8_145_359, 10.360, 11.411),
    ],
)
def test_figures(ratio, parameters, backbone, with_frontend):
    (shape,) = [shape for shape in SHAPES if shape.ratio == ratio]
    assert shape.parameters == parameters
    assert shape.tensors == parameters + 2 * 513 * 1024 + 513 * 64
    assert shape.macs.backbone / 1e9 == pytest.approx(backbone, abs=5e-4)
    assert shape.macs.with_frontend / 1e9 == pytest.approx(with_frontend, abs=5e-4)
    assert shape.activation_peak_bytes == SHAPES[0].activation_peak_bytes


def test_what_follows_from_the_architecture():
    findings = {finding.claim.key: finding for finding in architecture_findings(SHAPES)}
    assert verdicts(findings.values()) == {
        "parameters, unpruned": "follows",
        "parameters at 50 %": "follows in one convention",
        "model size at 50 %": "follows",
        "computation, unpruned": "follows in one convention",
        "computation at 50 %": "follows in one convention",
        "less computation at 50 %": "follows in one convention",
        "less computation, poster": "does not follow",
        "less memory at 50 %": "follows in one convention",
        "size at 25 %": "follows",
        "size at 75 %": "does not follow",
        "layers pruned": "does not follow",
        "last activation": "differs",
        "criterion": "differs",
    }
    assert findings["less computation at 50 %"].measured == "−36.2 % with front end, −38.1 % backbone"
    assert "−71.3 % trainable parameters" in findings["less memory at 50 %"].measured
    assert "0 % peak of live activations" in findings["less memory at 50 %"].measured
    assert findings["size at 75 %"].measured.startswith("10.1 % (8.15 M)")
    assert findings["size at 75 %"].remark == (
        "not with C7–C12 pruned uniformly; pruning only C10–C12 would leave 21.6 %"
    )
    assert "92.53 MiB" in findings["model size at 50 %"].measured


def test_memory_of_this_machine_is_set_beside():
    machines = [MachineFigures(1, 1.0, 1.0, 0.0, peak) for peak in (200, 150, 100, 50)]
    (found,) = [f for f in architecture_findings(SHAPES, machines) if f.claim is epanns.MEMORY]
    assert "−50.0 % what a pass took on this machine" in found.measured


def test_this_machine(monkeypatch):
    monkeypatch.setattr(
        "prunebench.eval.runtime.latency.in_child_by_steps",
        lambda threads, on_step, call, *words: call(*words, on_step=on_step),
    )
    monkeypatch.setattr(epanns_figures, "peak_memory", lambda factory, kwargs: 1000 * kwargs["widths"][-1])
    told = []
    display = type("Seen", (), {"show": lambda self, progress, news: told.append(news and news.title)})()
    full, half = machine_figures(shape_figures((0.5,), (2,) * 6 + (16,) * 6), 0.01, Progress([display]))
    assert [title for title in told if title] == ["latency", "memory at 0 %", "memory at 50 %"]
    assert full.latency_ratio == 1
    assert half.latency_ms > 0
    # 527 classes and 2048 values of the embedding are most of it.
    assert 4 * 2048 * 527 < half.file_bytes < full.file_bytes
    assert (full.peak_memory_bytes, half.peak_memory_bytes) == (16000, 8000)


def outcome(criterion, ratio, stage, value, *, limited=False):
    return EvaluatedModel(criterion, ratio, stage, 100, value, value - 0.1, 527, 20000, limited)


def test_without_a_run_the_rest_is_open():
    findings = quality_findings([])
    assert {finding.verdict for finding in findings} == {"cannot be checked"}
    assert {finding.measured for finding in findings} == {"needs --checkpoint and --audioset"}
    assert [finding.claim.paper for finding in findings[:4]] == ["0.431", "0.442", "0.440", "0.420"]
    assert all("best point of the evaluation curve" in finding.remark for finding in findings[1:4])


def run(unpruned_tuned, *, limited=False):
    released = "operator_norm_released"
    return [
        outcome(None, 0.0, "as given", 0.4305, limited=limited),
        outcome(None, 0.0, "fine-tuned", unpruned_tuned, limited=limited),
        outcome("operator_norm", 0.5, "best on validation", 0.9, limited=limited),
        outcome(released, 0.5, "fine-tuned", 0.432, limited=limited),
        outcome(released, 0.5, "best on validation", 0.437, limited=limited),
        outcome(released, 0.75, "fine-tuned", 0.40, limited=limited),
        outcome(released, 0.75, "best on validation", 0.41, limited=limited),
    ]


def test_a_run_is_held_against_the_claims():
    assert verdicts(quality_findings(run(0.435))) == {
        "mAP, unpruned": "reproduced",
        "mAP at 25 %": "cannot be checked",
        "mAP at 50 %": "reproduced",
        "mAP at 75 %": "not reproduced",
        "pruned and better": "not reproduced",
    }
    assert verdicts(quality_findings(run(0.431)))["pruned and better"] == "reproduced"
    (half,) = [f for f in quality_findings(run(0.431)) if f.claim is epanns.MAPS[0.5]]
    assert half.measured == "0.437 best on validation, 0.432 fine-tuned"


def test_a_part_of_the_evaluation_set_proves_nothing():
    findings = quality_findings(run(0.435, limited=True))
    assert {finding.verdict for finding in findings} == {"cannot be checked"}
    assert findings[0].measured == "0.430 as given, on 20,000 clips"
