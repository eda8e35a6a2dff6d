"""What `prunebench reproduce` prints and writes: figures, claims and, after a run, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from prunebench.cli.output import print_table, say, say_text

if TYPE_CHECKING:
    from prunebench.baselines.papers.claim import Finding
    from prunebench.harness.epanns.arithmetic import MachineFigures, ShapeFigures
    from prunebench.harness.epanns.experiment import EvaluatedModel

ClaimsTable = tuple[str, list[list[str]]]  # its heading, and its rows with the names of the columns first

BRACKETS = "In brackets: relative to the unpruned model."
PAIRED = (
    "The ratio of latencies is paired: it is the median of the ratios within rounds, with the half-width of its 95 "
    "% interval, and not the quotient of the milliseconds."
)


def print_report(
    shapes: Sequence[ShapeFigures],
    machines: Sequence[MachineFigures],
    findings: Sequence[Finding],
    outcomes: Sequence[EvaluatedModel],
) -> None:
    """Every table on the terminal; sources and remarks of claims as notes below them."""
    figures, claims, *runs = _tables(shapes, machines, findings, outcomes)
    notes = [_note(finding) for finding in findings]
    numbers = {note: number for number, note in enumerate(dict.fromkeys(notes), 1)}
    narrow = [["", "claim", "paper", "here", "verdict"]] + [
        [str(numbers[note]), finding.claim.key, finding.claim.paper, finding.measured, finding.verdict]
        for note, finding in zip(notes, findings, strict=True)
    ]
    for heading, (names, *rows) in (figures, (claims[0], narrow), *runs):
        say(heading)
        print_table(names, rows)
        if heading == figures[0]:
            say_text(brackets(machines), indent="  ", hanging="  ")
            say()
        if heading == claims[0]:
            for note, number in numbers.items():
                say_text(note, indent=f"  {number:2}  ", hanging="      ")
            say()


def _note(finding: Finding) -> str:
    """Where a claim comes from, in what convention, and what is to be said of it."""
    source = f"{finding.claim.source}; {finding.claim.convention}."
    return f"{source} {finding.remark[:1].upper()}{finding.remark[1:]}." if finding.remark else source


def brackets(machines: Sequence[MachineFigures]) -> str:
    """What the ratios in brackets are."""
    return f"{BRACKETS} {PAIRED}" if machines else BRACKETS


def as_markdown(
    shapes: Sequence[ShapeFigures],
    machines: Sequence[MachineFigures],
    findings: Sequence[Finding],
    outcomes: Sequence[EvaluatedModel],
) -> str:
    """The same tables as a Markdown page."""
    parts = ["# E-PANNs: what is claimed and what is measured\n"]
    for heading, (names, *rows) in _tables(shapes, machines, findings, outcomes):
        lines = [names, ["---"] * len(names), *rows]
        parts.append(f"## {heading}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")
    parts.insert(2, f"{brackets(machines)}\n")
    return "\n".join(parts)


def as_json_value(
    shapes: Sequence[ShapeFigures],
    machines: Sequence[MachineFigures],
    findings: Sequence[Finding],
    outcomes: Sequence[EvaluatedModel],
) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "figures": [{**asdict(shape), "macs": shape.macs._asdict()} for shape in shapes],
        "machine": [asdict(machine) for machine in machines],
        "claims": [finding.as_row() for finding in findings],
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def _tables(
    shapes: Sequence[ShapeFigures],
    machines: Sequence[MachineFigures],
    findings: Sequence[Finding],
    outcomes: Sequence[EvaluatedModel],
) -> list[ClaimsTable]:
    tables = [("Figures of Cnn14 with C7–C12 pruned, 10 s at 32 kHz", _figures(shapes, machines))]
    rows = [finding.as_row() for finding in findings]
    tables.append(("Claims", [list(rows[0]), *(list(row.values()) for row in rows)]))
    if outcomes:
        tables.append(("Runs, mAP on the test clips", _outcomes(outcomes)))
    return tables


def _figures(shapes: Sequence[ShapeFigures], machines: Sequence[MachineFigures]) -> list[list[str]]:
    full = shapes[0]
    rows = [
        [
            "figure",
            *("unpruned" if not shape.ratio else f"{100 * shape.ratio:g} % pruned" for shape in shapes),
        ],
        [
            "trainable parameters",
            *(_beside(f"{s.parameters:,}", s.parameters, full.parameters) for s in shapes),
        ],
        ["with front-end matrices", *(_beside(f"{s.tensors:,}", s.tensors, full.tensors) for s in shapes)],
        ["MACs, backbone", *(_giga(s.macs.backbone, full.macs.backbone) for s in shapes)],
        ["MACs, with front end", *(_giga(s.macs.with_frontend, full.macs.with_frontend) for s in shapes)],
        ["PANNs' GFLOPs, with front end", *(f"{s.panns_gflops:.3f}" for s in shapes)],
        [
            "peak of live activations, fp16",
            *(_mega(s.activation_peak_bytes, full.activation_peak_bytes) for s in shapes),
        ],
    ]
    if machines:
        first = machines[0]
        rows += [
            ["file, as torch saves it", *(_mega(m.file_bytes, first.file_bytes) for m in machines)],
            [
                "latency here, log-mel in, 1 thread",
                *(f"{m.latency_ms:,.0f} ms ({_paired(m)})" for m in machines),
            ],
            [
                "memory of a pass here",
                *(_mega(m.peak_memory_bytes, first.peak_memory_bytes) for m in machines),
            ],
        ]
    return rows


def _outcomes(outcomes: Sequence[EvaluatedModel]) -> list[list[str]]:
    heading = ["model", "stage", "steps", "mAP", "mAP by softmax", "classes", "clips"]
    return [
        heading,
        *(
            [
                (outcome.criterion or "Cnn14") + (f", {100 * outcome.ratio:g} %" if outcome.ratio else ""),
                outcome.stage,
                f"{outcome.steps:,}",
                f"{outcome.test_map:.4f}",
                "" if outcome.test_map_softmax is None else f"{outcome.test_map_softmax:.4f}",
                str(outcome.classes),
                f"{outcome.test_clips:,}" + (" (limited)" if outcome.limited else ""),
            ]
            for outcome in outcomes
        ),
    ]


def _beside(text: str, value: float, full: float) -> str:
    return f"{text} ({value / full:.3f})"


def _paired(machine: MachineFigures) -> str:
    known = f" ±{machine.latency_precision:.1%}" if machine.latency_precision else ""
    return f"{machine.latency_ratio:.3f}{known}"


def _giga(value: float, full: float) -> str:
    return _beside(f"{value / 1e9:.3f} G", value, full)


def _mega(value: float, full: float) -> str:
    return _beside(f"{value / 1e6:.1f} MB", value, full)
