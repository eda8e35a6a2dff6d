"""The order in which layers lose filters by a sensitivity table: a run whose cells prune one layer alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.run.schema import check_run_folder
from prunebench.harness.budget.allocation import PerLayer
from prunebench.harness.networks.shape import Shape

LossCurve = Sequence[tuple[float, float]]  # (ratio, part of the validation mAP that is lost), ascending
SLOPE = 1e-6  # by which a curve rises at least, so that filters that cost nothing have an order too


def check_table(run: str | None) -> None:
    """Check that `prune.sensitivity` names a run folder, also where no allocation reads it.

    Raises:
        InputError: for another folder, or none of that name.
    """
    if run:
        try:
            check_run_folder(Path(run), finished=False)
        except InputError as error:
            raise InputError(f"`prune.sensitivity`: {error}") from error


def sensitivity_curves(
    run: Path | str, data: str, criterion: str, model: Shape, layers: Sequence[str]
) -> dict[str, LossCurve]:
    """What each layer alone loses of the validation mAP, before fine-tuning, the mean over seeds.

    After recalibration where the run has it. Test clips play no part: the table chooses widths.

    Args:
        run: folder of a run such as the preset `sensitivity` makes.
        data: label of the data set.
        criterion: whose cells are taken, the same for all criteria that are to be compared.
        model: the unpruned model.
        layers: of the scope, each of which must be in the table.

    Raises:
        InputError: for a folder without such cells, or cells of another data set or architecture.
    """
    records = [r for r in load_records(run) if r.status == "done"]
    every = [r for r in records if r.control is None and r.criterion and r.finetune_scope == "none"]
    own = [r for r in every if r.data == data]
    if not own:
        others = ", ".join(sorted({f"`{r.data}`" for r in every}))
        found = f"such cells only for {others}" if every else "no pruned cell without fine-tuning"
        raise InputError(
            f"A sensitivity table must contain cells of data set `{data}` that prune one layer without fine-tuning. "
            f"`{run}` contains {found}: make a table with `prunebench run sensitivity`."
        )
    whole = {r.widths for r in records if r.control == "unpruned" and r.data == data}
    if whole != {model.widths}:
        raise InputError(
            f"A sensitivity table must come from a model with the widths {list(model.widths)}. `{run}` contains "
            f"{'other widths' if whole else 'no finished cell of the unpruned model'}: make a table with this model."
        )
    chosen = [r for r in own if r.criterion == criterion]
    if not chosen:
        raise InputError(
            f"A sensitivity table must contain the criterion `{criterion}`. `{run}` does not contain it; "
            f"{nearest(criterion, sorted({str(r.criterion) for r in own}))}"
        )
    curves = {layer: _curve([r for r in chosen if r.scope == layer]) for layer in layers}
    missing = [layer for layer, curve in curves.items() if not curve]
    if missing:
        raise InputError(
            f"A sensitivity table must contain every layer of the scope. `{run}` contains no finished cell for "
            f"{', '.join(missing)}: finish this run, or make a table of all layers of the scope."
        )
    return curves


def _curve(records: Iterable[Record]) -> LossCurve:
    by_ratio: dict[float, list[float]] = {}
    for record in records:
        base = record.stages["base"]["validation_map"]
        last = record.stages[record.last_stage]["validation_map"]
        if math.isfinite(base) and base > 0 and math.isfinite(last):
            by_ratio.setdefault(record.ratio, []).append((base - last) / base)
    return [(ratio, fmean(losses)) for ratio, losses in sorted(by_ratio.items())]


def sensitivity_order(
    curves: Mapping[str, LossCurve], allocation: PerLayer, widths: Mapping[str, int]
) -> NDArray[np.int64]:
    """Places (in `curves`) of the layers that lose a filter, one after the other.

    A layer's loss is read off its curve: straight lines between the measured ratios from (0, 0) on, made to rise
    everywhere (a later ratio that seemed to lose less counts as the one before). Next goes the filter at which the
    loss is least, so all layers stand at about the same loss at any time. None goes beyond the last ratio measured,
    nor below the floor.
    """
    places, losses = [], []
    for place, (layer, curve) in enumerate(curves.items()):
        ratios, rising = [0.0], [0.0]
        for ratio, loss in curve:
            rising.append(max(rising[-1] + SLOPE * (ratio - ratios[-1]), loss))
            ratios.append(ratio)
        filters = widths[layer]
        removable = np.arange(1, filters - allocation.stay(filters) + 1)
        reached = (removable - 0.5) / filters  # the ratio at which a layer loses its k-th filter
        reached = reached[reached <= ratios[-1] + 1e-12]
        losses.append(np.interp(reached, ratios, rising))
        places.append(np.full(len(reached), place))
    order = np.argsort(np.concatenate(losses), kind="stable")
    return np.concatenate(places)[order].astype(np.int64)


def layer_widths(model: Shape, layers: Sequence[str]) -> dict[str, int]:
    """Filters of each layer."""
    return dict(zip(layers, model.filters(layers), strict=True))
