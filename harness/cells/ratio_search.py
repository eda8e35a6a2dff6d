"""The search behind the allocation `searched`: candidates are pruned, recalibrated, and tried on validation clips."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import filelock
import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, write_text
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.budget import candidates
from prunebench.harness.budget.allocation import Searched
from prunebench.harness.budget.candidates import candidate_counts
from prunebench.harness.budget.counts import LayerScores
from prunebench.harness.budget.ratio import lowest
from prunebench.harness.budget.schedule import PLAIN
from prunebench.harness.budget.target import BudgetPoint, uniform_counts
from prunebench.harness.cells.base_job import BaseJob, load_base
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.removal import Removal, RemovalCounts, budget_point
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.data.features.splits import split_targets
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.plan.cell import Cell
from prunebench.harness.pruning import recalibration
from prunebench.harness.pruning.folded_means import folded, of_removed
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.training.prediction import stem_outputs
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.hashing import identity
from prunebench.harness.workspace.kept_file import make_room, read_kept


@dataclass(frozen=True)
class SearchJob:
    """All that decides a search. Fine-tuning does not, so cells that differ only in fine-tuning share one search.

    Args:
        base: the base model.
        scores: layer of the scope → (filters,); the lowest go.
        point: the budget.
        allocation: of the candidates.
        uniform: filters that each layer loses where all lose the same ratio.
        seed: of the draws.
        constants: layer → of each filter, what takes its place when it is gone, of criteria that give that.
        tail: the stem of the network stays as it is, so that candidates read its cached outputs.
    """

    base: BaseJob
    scores: LayerScores
    point: BudgetPoint
    allocation: Searched
    uniform: RemovalCounts
    seed: tuple[int, ...]
    tail: bool
    constants: LayerScores = field(default_factory=dict)

    @functools.cached_property
    def key(self) -> str:
        """Hash of the scores and all else that decides the search, but not of the name of the criterion."""
        return identity(
            {
                "base": self.base.identity,
                "scores": _hashes(self.scores),
                **({"constants": _hashes(self.constants)} if self.constants else {}),
                "point": asdict(self.point),
                **self.base.model.decides(self.point.kind),
                "allocation": asdict(self.allocation),
                "uniform": self.uniform,
                "seed": self.seed,
                "tail": self.tail,
                "versions": [candidates.VERSION, recalibration.VERSION],
            }
        )

    @functools.cached_property
    def counts(self) -> tuple[RemovalCounts, ...]:
        """What each candidate removes of each layer, `uniform` first."""
        model, layers = self.base.model, tuple(self.scores)
        return candidate_counts(self.allocation, self.point, model, layers, self.uniform, self.seed)


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Args:
        counts: filters that each layer of the scope loses in the best candidate.
        candidates: how many were tried.
        macs: of all forward passes of candidates, a clip counted as one of 10 s, the backbone as a whole.
        seconds: that the search took.
    """

    counts: RemovalCounts
    candidates: int
    macs: int
    seconds: float


def is_searched(cell: Cell) -> bool:
    """Whether a search decides how much a cell removes of each layer."""
    return cell.criterion is not None and isinstance(cell.allocation, Searched)


def searched_cell(cell: Cell) -> Cell:
    """The part of a cell that its search depends on; equal ones share a search."""
    return cell.but(
        identity="", finetune_scope="none", finetune_seed=None, rate_choice="shared", schedule=PLAIN
    )


def search_job(cell: Cell, base: BaseJob, scoring: Scoring) -> SearchJob:
    """The search of a cell whose filters are scored."""
    assert isinstance(cell.allocation, Searched)
    uniform = uniform_counts(base.model, cell.scope.layers, cell.ratio)
    seed = (base.seed, cell.prune_seed or 0)
    removal = Removal(cell, base, scoring)
    scores, timed = removal.ranked(), replace(base, model=removal.model)
    constants = {layer: scoring.constants[layer] for layer in scores if layer in scoring.constants}
    point, tail = budget_point(cell), cell.scope.in_tail
    return SearchJob(timed, scores, point, cell.allocation, uniform, seed, tail, constants)


def search_counts(
    job: SearchJob, cache: Cache, progress: Callable[[int, int], None] | None = None
) -> SearchResult:
    """The best candidate of a search, from the cache if it is there.

    The file grows candidate by candidate, so an interrupted search continues.

    Raises:
        InputError: for a base model whose validation clips give no mAP.
    """
    path = cache.base(job.base.identity) / "searches" / f"{job.key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(path.with_suffix(".lock")):
        seconds, maps = read_kept(path, lambda path: _tried(path, len(job.counts))) or (0.0, [])
        trial = None
        for number in range(len(maps), len(job.counts)):
            started = time.perf_counter()
            trial = trial or _Trial(job, cache)
            maps.append(trial.validation_map(job.counts[number]))
            seconds += time.perf_counter() - started
            write_text(make_room(path), json.dumps({"seconds": seconds, "validation_maps": maps}))
            if progress is not None:
                progress(number + 1, len(job.counts))
    return SearchResult(job.counts[maps.index(max(maps))], len(maps), _macs(job), seconds)


def _hashes(arrays: LayerScores) -> dict[str, str]:
    return {
        layer: hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()
        for layer, values in arrays.items()
    }


class _Trial:
    """Candidates of a search, tried one after the other on the same clips."""

    def __init__(self, job: SearchJob, cache: Cache) -> None:
        self._job = job
        self._base = load_base(job.base, cache)
        self._inputs = Inputs(job.base, cache, job.base.recipe, tail=job.tail)
        features = self._inputs.features("training")[_rows(job)]
        with job.base.placement.holding(self._base):
            self._clips = np.concatenate(list(stem_outputs(self._base, features))) if job.tail else features

    def validation_map(self, counts: RemovalCounts) -> float:
        """mAP of a candidate on validation clips, after recalibration and before any training."""
        job = self._job
        removed = {
            layer: lowest(torch.from_numpy(values), count)
            for (layer, values), count in zip(job.scores.items(), counts, strict=True)
        }
        whole: Tagger = folded(self._base, removed, of_removed(job.constants, removed))
        model = whole.without(removed)
        with job.base.placement.holding(model):
            recalibrate(model, self._clips, np.arange(len(self._clips)), tail=job.tail)
        found = self._inputs.validation_map(model)
        if math.isnan(found):
            raise InputError(
                "Allocation `searched` needs a validation mAP, and there is none: no class has a positive among the "
                "validation clips. Give other validation clips, or take another allocation."
            )
        return found


def _rows(job: SearchJob) -> NDArray[np.int64]:
    """The training clips that batch norm is estimated on, the same ones for all candidates."""
    clips = len(split_targets(job.base.data, "training"))
    return drawn_rows(clips, job.allocation.recalibration_clips)


def _macs(job: SearchJob) -> int:
    """Of the forward passes of all candidates: on clips that batch norm is estimated on, and on validation clips."""
    model, layers = job.base.model, tuple(job.scores)
    clips = len(_rows(job)) + len(split_targets(job.base.data, "validation"))
    return clips * sum(model.cost("macs_backbone", model.without(layers, counts)) for counts in job.counts)


def _tried(path: Path, most: int) -> tuple[float, list[float]]:
    """Seconds, and the validation mAP of each candidate so far, in a file."""
    found = parsed_json(read_text(path))
    try:
        seconds, maps = float(found["seconds"]), [float(value) for value in found["validation_maps"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("it contains no search") from error
    if len(maps) > most or not all(map(math.isfinite, [seconds, *maps])):
        raise InputError("it contains the result of another search")
    return seconds, maps
