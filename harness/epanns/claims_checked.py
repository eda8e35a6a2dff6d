"""What of E-PANNs' claims follows from the architecture alone, and what a run finds of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from prunebench.baselines.papers import epanns
from prunebench.baselines.papers.claim import Claim, Finding
from prunebench.harness.epanns.arithmetic import MEL_MATRIX, MachineFigures, ShapeFigures, shape_figures

if TYPE_CHECKING:
    from prunebench.harness.epanns.experiment import EvaluatedModel

NEEDED = "needs --checkpoint and --audioset"
TOLERANCE = 0.005  # of a mAP: AudioSet's clips vanish from year to year, so no two copies are alike
CURVE = (
    f"{epanns.BEST}, so chosen on the clips it is reported on; the last point of the 25 % curve, near 0.431, is a dip: "
    "the curve runs near 0.44 before it"
)
CONTROL = "the paper does not fine-tune the unpruned model for the same time; this control is run here"
PART = "a part of the evaluation set says nothing about all of it"


def architecture_findings(
    shapes: Sequence[ShapeFigures], machines: Sequence[MachineFigures] = ()
) -> list[Finding]:
    """Findings that need neither weights nor data.

    Args:
        shapes: of `shape_figures(epanns.RATIOS)`, the published widths.
        machines: of `machine_figures` on them, or nothing.
    """
    by_ratio = {shape.ratio: shape for shape in shapes}
    full, half = by_ratio[0.0], by_ratio[0.5]
    working = dict(zip(by_ratio, machines, strict=False))
    on_machine = (
        f", {_change(working[0.5].peak_memory_bytes, working[0.0].peak_memory_bytes)} what a pass took on this machine"
        if working
        else ""
    )
    return [
        Finding(
            epanns.PARAMETERS,
            f"{full.parameters / 1e6:.2f} M trainable, {full.tensors / 1e6:.2f} M with the front end's matrices",
            "follows",
            "trainable ones",
        ),
        Finding(
            epanns.PARAMETERS_HALF,
            f"{half.parameters / 1e6:.2f} M trainable, {half.tensors / 1e6:.2f} M with the front end's matrices",
            "follows in one convention",
            "with the matrices, which the 81 M do not include",
        ),
        Finding(
            epanns.SIZE_HALF,
            f"{4 * (half.tensors - MEL_MATRIX) / 2**20:.2f} MiB in single precision without the mel matrix",
            "follows",
            "MiB; torchsummary's count",
        ),
        Finding(
            epanns.MACS, _both(full), "follows in one convention", "the STFT counted as PANNs' convolution"
        ),
        Finding(
            epanns.MACS_HALF,
            _both(half),
            "follows in one convention",
            "the STFT counted as PANNs' convolution",
        ),
        Finding(epanns.COMPUTATION, _less(full, half), "follows in one convention", "with the front end"),
        Finding(
            epanns.COMPUTATION_POSTER, _less(full, half), "does not follow", "contradicts the abstract's 36 %"
        ),
        Finding(
            epanns.MEMORY,
            f"{_change(half.parameters, full.parameters)} trainable parameters, "
            f"{_change(half.tensors, full.tensors)} bytes of the weights, "
            f"{_change(half.activation_peak_bytes, full.activation_peak_bytes)} peak of live activations{on_machine}",
            "follows in one convention",
            "storage only; conv_block1, which is not pruned, sets the peak of activations, and the other memory "
            "of a pass is scratch space of the libraries",
        ),
        _plotted(by_ratio, 0.25),
        _plotted(by_ratio, 0.75),
        Finding(
            epanns.LAYERS,
            "Cnn14 has twelve convolutions; the released widths prune C7–C12",
            "does not follow",
            "there is no C13",
        ),
        Finding(
            epanns.ACTIVATION,
            "softmax over the classes there, sigmoid of each class in PANNs and here",
            "differs",
            "same logits, other ranking of clips within a class, so another mAP",
        ),
        Finding(
            epanns.CRITERION,
            "the released score depends on the order in which filters are stored",
            "differs",
            "`operator_norm_released` as released, `operator_norm` independent of the order; the claims are about "
            "the former",
        ),
    ]


def quality_findings(outcomes: Sequence[EvaluatedModel]) -> list[Finding]:
    """The claims on mAP, as a run found them; without a run they stay open and say so.

    A mAP is reproduced where it comes within `TOLERANCE` on the whole evaluation set.
    """
    found = {(outcome.criterion, outcome.ratio, outcome.stage): outcome for outcome in outcomes}
    findings = [_map_finding(epanns.UNPRUNED_MAP, 0.431, [found.get((None, 0.0, "as given"))], "")]
    for ratio, claim in epanns.MAPS.items():
        stages = [
            found.get((epanns.PAPERS_CRITERION, ratio, stage))
            for stage in ("best on validation", "fine-tuned")
        ]
        findings.append(_map_finding(claim, float(claim.paper), stages, CURVE))
    return [*findings, _better(found)]


def _map_finding(
    claim: Claim, paper: float, outcomes: Sequence[EvaluatedModel | None], remark: str
) -> Finding:
    """Verdict by the first of the outcomes."""
    there = [outcome for outcome in outcomes if outcome is not None]
    if not there:
        return Finding(claim, NEEDED, "cannot be checked", remark)
    measured = ", ".join(f"{outcome.test_map:.3f} {outcome.stage}" for outcome in there)
    if there[0].limited:
        part = f"{measured}, on {there[0].test_clips:,} clips"
        return Finding(claim, part, "cannot be checked", "; ".join(filter(None, (remark, PART))))
    near = abs(there[0].test_map - paper) <= TOLERANCE
    return Finding(claim, measured, "reproduced" if near else "not reproduced", remark)


def _better(found: Mapping[tuple[str | None, float, str], EvaluatedModel]) -> Finding:
    pruned = found.get((epanns.PAPERS_CRITERION, 0.5, "fine-tuned"))
    control = found.get((None, 0.0, "fine-tuned"))
    if pruned is None or control is None:
        return Finding(epanns.BETTER, NEEDED, "cannot be checked", CONTROL)
    measured = f"{pruned.test_map:.3f} pruned, {control.test_map:.3f} unpruned, both fine-tuned the same way"
    if pruned.limited:
        return Finding(epanns.BETTER, measured, "cannot be checked", f"{CONTROL}; {PART}")
    better = pruned.test_map > control.test_map
    return Finding(epanns.BETTER, measured, "reproduced" if better else "not reproduced", CONTROL)


def _plotted(shapes: Mapping[float, ShapeFigures], ratio: float) -> Finding:
    claim = epanns.PLOTTED_QUARTER if ratio == 0.25 else epanns.PLOTTED_THREE_QUARTERS
    kept = shapes[ratio].parameters / shapes[0.0].parameters
    near = abs(100 * kept - float(claim.paper.split()[0])) < 3
    late = shape_figures((ratio,), scope="C10-C12")[1].parameters / shapes[0.0].parameters
    return Finding(
        claim,
        f"{100 * kept:.1f} % ({shapes[ratio].parameters / 1e6:.2f} M) where each of C7–C12 loses {100 * ratio:.0f} %",
        "follows" if near else "does not follow",
        "within the precision of reading a figure"
        if near
        else f"not with C7–C12 pruned uniformly; pruning only C10–C12 would leave {100 * late:.1f} %",
    )


def _both(shape: ShapeFigures) -> str:
    return (
        f"{shape.macs.with_frontend / 1e9:.2f} G with front end, {shape.macs.backbone / 1e9:.2f} G backbone"
    )


def _less(full: ShapeFigures, half: ShapeFigures) -> str:
    return (
        f"{_change(half.macs.with_frontend, full.macs.with_frontend)} with front end, "
        f"{_change(half.macs.backbone, full.macs.backbone)} backbone"
    )


def _change(after: float, before: float) -> str:
    return f"{100 * (after / before - 1):+.1f} %".replace("-", "−") if after != before else "0 %"
