"""What `prunebench reproduce` prints."""

from __future__ import annotations

from typing import Any, get_args

from typing_extensions import TypedDict

from prunebench.baselines.papers.claim import ClaimVerdict
from prunebench.cli.printed.form import closed, form_of, row
from prunebench.harness.epanns.arithmetic import MachineFigures, ShapeFigures
from prunebench.harness.epanns.experiment import EvaluatedModel

ClaimFound: Any = row(
    "ClaimFound",
    "A claim of the paper, and what was found of it.",
    {
        "claim": (str, "short name"),
        "paper": (str, "what is claimed, in the words of the source"),
        "source": (str, "place where it is claimed"),
        "convention": (str, "what the number counts"),
        "measured here": (str, "what was measured, with units"),
        "verdict": (ClaimVerdict, f"verdict on the claim: {', '.join(get_args(ClaimVerdict))}"),
        "remark": (str, "further notes, or nothing"),
    },
)


Shape: Any = form_of(ShapeFigures)
Machine: Any = form_of(MachineFigures)
Evaluated: Any = form_of(EvaluatedModel)


@closed
class ReproducedJson(TypedDict):
    """The claims of a paper beside what is measured.

    Fields:
        figures: figures of each shape, by arithmetic.
        machine: figures of each shape on this machine; empty without `--full`.
        claims: claims of the paper.
        outcomes: outcomes of the models that were evaluated; empty without `--checkpoint`.
    """

    figures: list[Shape]
    machine: list[Machine]
    claims: list[ClaimFound]
    outcomes: list[Evaluated]
