"""Rows of what is known clip by clip, for values that many cells make up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prunebench.eval.quality.clip_variance import ClipForm, Floats
from prunebench.reports.inference.value import Value
from prunebench.reports.runs.clips import ClipScores


def interaction(form: ClipForm, rows: Floats) -> Floats:
    """The covariances of means over repeats (axis 1) that are due to repeat x clip; zero for a single repeat.

    The mean over repeats of Q minus Q of their mean, over their number less one: the sum of squares of what departs
    from the mean.

    Args:
        form: what makes covariances.
        rows: (columns, repeats, clips).
    """
    columns, count, _ = rows.shape
    if count < 2:
        return np.zeros((columns, columns))
    each = np.mean([form.covariances(rows[:, b]) for b in range(count)], axis=0)
    return np.asarray((each - form.covariances(rows.mean(axis=1))) / (count - 1))


def rows_of(values: Sequence[Sequence[tuple[Value, ClipScores]]]) -> tuple[Floats, ClipForm | None]:
    """Rows of values, (values, values in each, clips), nan where a cell has none; and what makes variances of them."""
    found = [[_row(value, scores) for value, scores in several] for several in values]
    known = [row for several in found for row in several if row is not None]
    forms = {
        type(form): form
        for several in values
        for value, scores in several
        if (form := scores.form(value.parts[0][1][0].data)) is not None
    }
    length = len(known[0]) if known else 1
    if not known or len(forms) != 1 or any(len(row) != length for row in known):
        return np.full((len(found), len(found[0]) if found else 0, 1), np.nan), None
    rows = [[np.full(length, np.nan) if row is None else row for row in several] for several in found]
    return np.array(rows), next(iter(forms.values()))


def _row(value: Value, scores: ClipScores) -> Floats | None:
    rows = [(w / len(cells), scores.row(record)) for w, cells in value.parts for record in cells]
    if any(row is None for _, row in rows):
        return None
    return np.asarray(sum(w * row for w, row in rows if row is not None))
