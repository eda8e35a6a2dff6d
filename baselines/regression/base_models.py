"""The base models that an entry's cells were made from, and how far they lie apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from prunebench.baselines.regression.operating_point import BaseSpread, Figures, Quality
from prunebench.eval.errors import InputError
from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM


def base_of(cell: str) -> str:
    """The base model of a cell: the first part of its name, `"base 0"` of `"base 0, tail 1"`."""
    return cell.partition(",")[0]


def by_base(quality: Quality, cells: Collection[str]) -> dict[str, NDArray[np.float64]]:
    """Base model → (cells, classes with positives) of the named cells."""
    found: dict[str, list[list[float]]] = {}
    for cell in cells:
        row = [value for value in quality.average_precision[cell] if value is not None]
        found.setdefault(base_of(cell), []).append(row)
    return {base: np.array(rows) for base, rows in found.items()}


def with_spread(entries: Mapping[str, Figures], shown: Mapping[str, Figures], run: str) -> dict[str, Figures]:
    """Entries with the spread between base models that another run shows.

    Args:
        entries: what a baseline will hold.
        shown: the entries of a run of the same cells with six base models or more.
        run: its name, for what goes wrong.

    Raises:
        InputError: if an entry with quality is not in that run, or there has fewer base models, other test clips or
            other cells of each base model.
    """
    return {
        name: figures
        if figures.quality is None
        else dataclasses.replace(figures, quality=_spread(name, figures.quality, shown.get(name), run))
        for name, figures in entries.items()
    }


def keeping_spread(entries: Mapping[str, Figures], before: Mapping[str, Figures]) -> dict[str, Figures]:
    """Entries with the spread that a baseline before held of the same cells on the same clips."""
    kept = dict(entries)
    for name, figures in entries.items():
        old = before[name].quality if name in before else None
        new = figures.quality
        if old is None or new is None or old.spread is None or old.test_clips != new.test_clips:
            continue
        if _cells_of_a_base(old) == _cells_of_a_base(new):
            kept[name] = dataclasses.replace(figures, quality=dataclasses.replace(new, spread=old.spread))
    return kept


def _spread(name: str, quality: Quality, other: Figures | None, run: str) -> Quality:
    if other is None or other.quality is None:
        raise InputError(f"`{run}` has no test scores of `{name}`: give --spread a run of the same cells.")
    if other.quality.test_clips != quality.test_clips:
        raise InputError(
            f"`{run}` and this run have different test clips for `{name}`: give --spread a run on the same data."
        )
    if _cells_of_a_base(other.quality) != _cells_of_a_base(quality):
        raise InputError(
            f"`{run}` and this run have different pruning or fine-tuning seeds for `{name}`: give --spread a run that "
            "differs only in `base.seeds`."
        )
    bases = by_base(other.quality, other.quality.average_precision)
    if len(bases) < BASES_FOR_A_CLAIM:
        raise InputError(
            f"--spread must be a run with at least {BASES_FOR_A_CLAIM} base models. Found {len(bases)} in `{run}`: run "
            "it with more `base.seeds`."
        )
    means = [rows.mean() for rows in bases.values()]
    found = BaseSpread(float(f"{np.var(means, ddof=1):.6g}"), len(means) - 1)
    return dataclasses.replace(quality, spread=found)


def _cells_of_a_base(quality: Quality) -> set[frozenset[str]]:
    """What tells the cells of each base model from each other, one set where it is the same for all."""
    found: dict[str, set[str]] = {}
    for cell in quality.average_precision:
        base, _, seeds = cell.partition(",")
        found.setdefault(base, set()).add(seeds)
    return {frozenset(seeds) for seeds in found.values()}
