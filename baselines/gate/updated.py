"""A baseline that takes over what improved, and no more."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from prunebench.baselines.gate.change import Change, Verdict, verdict_of
from prunebench.baselines.regression.baseline import Baseline, MadeWith
from prunebench.baselines.regression.operating_point import COSTS, Figures
from prunebench.eval.errors import InputError

_PARTS = {
    "state_dict_bytes": "state_dict_bytes",
    "file_bytes": "file_bytes",
    "map": "quality",
    "latency_ratio": "speed",
}


def updated(
    baseline: Baseline,
    found: Mapping[str, Figures],
    changes: Sequence[Change],
    made_with: MadeWith,
    classes: Mapping[str, tuple[str, ...]] | None = None,
) -> Baseline:
    """The baseline with improvements and new entries; tolerances stay.

    A loss that was allowed is not taken over, so that losses within the tolerance cannot add up.

    Args:
        baseline: of before.
        found: figures of now.
        changes: of `check` between the two.
        made_with: how the new one is made.
        classes: digest of test clips → names of the classes, of now.

    Raises:
        InputError: unless the gate holds.
    """
    if verdict_of(changes) != Verdict.HOLDS:
        raise InputError(
            "`--update` writes only if `check` passes, and it did not pass. To accept these values, run "
            "`prunebench baseline save` and give the reason in the commit."
        )
    entries = dict(baseline.entries)
    left_out = [p for p in _PARTS.values() if all(getattr(e, p) is None for e in baseline.entries.values())]
    for name, figures in found.items():
        moved = {change.figure: change.remark for change in changes if change.entry == name}
        if name in baseline.entries:
            entries[name] = _merged(baseline.entries[name], figures, moved)
        else:
            entries[name] = figures.without(left_out)
    digests = {figures.quality.test_clips for figures in entries.values() if figures.quality}
    named = {**baseline.classes, **(classes or {})}
    return baseline.model_copy(
        update={
            "entries": entries,
            "made_with": made_with,
            "classes": {digest: named[digest] for digest in sorted(digests) if digest in named},
        }
    )


def _merged(before: Figures, after: Figures, moved: Mapping[str, str]) -> Figures:
    """Exact figures as they are now, since none of them grew, and whose they are; of the others those that improved.

    Classes and front end are the same on both sides, or an earlier version wrote the baseline without them.
    """
    taken = {figure: getattr(after, figure) for figure in ("widths", *COSTS)}
    taken |= {
        part: value for part in ("n_classes", "front_end") if (value := getattr(after, part)) is not None
    }
    for figure, part in _PARTS.items():
        if moved.get(figure, "").startswith("improved"):
            taken[part] = getattr(after, part)
    if "quality" in taken and before.quality is not None:
        taken["quality"] = dataclasses.replace(taken["quality"], spread=before.quality.spread)
    return dataclasses.replace(before, **taken)
