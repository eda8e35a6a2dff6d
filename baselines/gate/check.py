"""The gate: values of now against those of a baseline.

An exact cost that grew has regressed, by however little; one that shrank is reported and holds. Widths that moved
hold as long as no cost grew with them. The bytes of the file may grow as far as the baseline allows. Models of another
network, with other classes or another front end are not compared. An entry of the baseline, or a part of one, that is
not there to be compared leaves the gate unable to tell: it never passes by default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prunebench.baselines.gate.change import Change, Verdict, verdict_of
from prunebench.baselines.gate.comparable import check_comparable
from prunebench.baselines.gate.quality import compare_quality
from prunebench.baselines.gate.speed import compare_speed
from prunebench.baselines.gate.units import subject_of, unchanged_bases
from prunebench.baselines.regression.baseline import Baseline
from prunebench.baselines.regression.operating_point import COSTS, Figures
from prunebench.baselines.regression.tolerances import Allowance, Tolerances


def check(found: Mapping[str, Figures], baseline: Baseline) -> list[Change]:
    """All that differs from the baseline, by entry name, then figure; empty if nothing does.

    Raises:
        InputError: for an entry of another network, with other classes or another front end than the baseline's.
    """
    changes: list[Change] = []
    unchanged = unchanged_bases(baseline.entries, found)
    for entry in sorted(baseline.entries.keys() | found.keys()):
        if entry not in found:
            changes.append(
                Change(entry, "entry", None, None, Verdict.COULD_NOT_TELL, "could not tell: missing")
            )
        elif entry not in baseline.entries:
            changes.append(Change(entry, "entry", None, None, Verdict.HOLDS, "new, not in the baseline"))
        else:
            before, after = baseline.entries[entry], found[entry]
            check_comparable(entry, before, after)
            same = unchanged.get(subject_of(entry, before), set())
            changes += _compare(entry, before, after, baseline.tolerances, same)
    return changes


def _compare(
    entry: str, before: Figures, after: Figures, allowed: Tolerances, unchanged: Collection[str]
) -> list[Change]:
    changes: list[Change] = []
    for cost in COSTS:
        old, new = getattr(before, cost), getattr(after, cost)
        if new > old:
            changes.append(Change(entry, cost, old, new, Verdict.REGRESSED, "regressed", "none"))
        elif new < old:
            changes.append(Change(entry, cost, old, new, Verdict.HOLDS, "improved", "none"))
    if before.widths != after.widths:
        verdict = verdict_of(changes)
        remark = "moved, allowed" if verdict == Verdict.HOLDS else "regressed"
        sides = before.widths, after.widths
        changes.append(Change(entry, "widths", *sides, verdict, remark, "if no cost grows"))
    return [
        *changes,
        *_compare_bytes(entry, "state_dict_bytes", before, after, allowed.file),
        *_compare_bytes(entry, "file_bytes", before, after, allowed.file),
        *compare_quality(entry, before.quality, after.quality, allowed.quality, unchanged),
        *compare_speed(entry, before.speed, after.speed, allowed.speed),
    ]


def _compare_bytes(
    entry: str, figure: str, before: Figures, after: Figures, allowance: Allowance
) -> list[Change]:
    old, new = getattr(before, figure), getattr(after, figure)
    if old is None or old == new or (figure == "file_bytes" and new is None):
        return []  # a model in memory has no file, which `uncovered` says
    allowed = f"+{100 * allowance.relative:g} %"
    if new is None:
        verdict, remark = Verdict.COULD_NOT_TELL, "could not tell: not measured"
    elif new > old * (1 + allowance.relative):
        verdict, remark = Verdict.REGRESSED, "regressed"
    else:
        verdict, remark = Verdict.HOLDS, "improved" if new < old else "moved, allowed"
    return [Change(entry, figure, old, new, verdict, remark, allowed)]
