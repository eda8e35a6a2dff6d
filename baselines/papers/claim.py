"""What a paper claims, and what was found of it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ClaimVerdict = Literal[
    "follows",  # from the architecture, in the convention named
    "follows in one convention",
    "does not follow",
    "reproduced",  # by a run with weights and data
    "not reproduced",
    "cannot be checked",
    "differs",  # a matter of definition, no number
]


@dataclass(frozen=True)
class Claim:
    """A claim in the words of its source.

    Args:
        key: short name, unique in its paper.
        paper: what is claimed.
        source: where.
        convention: what the number counts, as far as the source or its code says.
    """

    key: str
    paper: str
    source: str
    convention: str


@dataclass(frozen=True)
class Finding:
    """What was found of a claim.

    Args:
        claim: the claim.
        measured: here, with units.
        verdict: what that says of the claim.
        remark: further notes, or nothing.
    """

    claim: Claim
    measured: str
    verdict: ClaimVerdict
    remark: str = ""

    def as_row(self) -> dict[str, str]:
        """The columns of a table of claims."""
        return {
            "claim": self.claim.key,
            "paper": self.claim.paper,
            "source": self.claim.source,
            "convention": self.claim.convention,
            "measured here": self.measured,
            "verdict": self.verdict,
            "remark": self.remark,
        }
