"""How long a sweep will take, from a probe of a few seconds or from a given speed.

The times of the unpruned model and of its smallest planned shape are taken, and the rest follows from shares of MACs
(`costs`) and from what must wait for what (`graph`). Workers are assumed to share nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import MELS
from prunebench.eval.measures.exact import exact_measures
from prunebench.harness.cells.quantised import Quantising, integers_of
from prunebench.harness.cells.ratio_search import is_searched
from prunebench.harness.cells.stage_quality import influences
from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import QuantiseSection
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened
from prunebench.harness.engine.makespan import makespan
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.frontend import FRONT_ENDS, FrontEnd, frames
from prunebench.harness.networks.plugins.model_shapes import cut_to, network_of, new_tagger
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.cell import Cell
from prunebench.harness.plan.plan import Base, Plan
from prunebench.harness.plan.points import PlannedPoint
from prunebench.harness.sweep.costs import RELATIVE, Costs, UnitCosts, fixed_part, of_throughput
from prunebench.harness.sweep.feature_costs import FeatureCosts, feature_costs
from prunebench.harness.sweep.graph import (
    BaseModel,
    CellNode,
    Features,
    Node,
    ScoresNode,
    SearchNode,
    Trial,
    needs,
    rank,
)
from prunebench.harness.training.loop import train
from prunebench.harness.training.placement import CPU, Placement
from prunebench.harness.training.prediction import predict, stem_outputs
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training
from prunebench.harness.workspace.cache import Cache

MODEL = (
    "the time of a step falls evenly with the MACs, from the measured time of the unpruned model to that of the "
    "smallest planned shape"
)
GIVEN = (
    "a step takes the unpruned model's time (from --throughput) multiplied by the shape's share of its MACs, that "
    "a forward pass takes a third of a step"
)
OF_BOUND = 0.5  # share of its bound after which a training ends that ends by patience: about that of `synth`
BATCH = 16  # clips of the probe
STEPS = 3


@dataclass(frozen=True)
class Forecast:
    """Seconds on one worker, by what they go into, and with the workers of the configuration.

    Args:
        parts: what they go into → seconds of one worker.
        seconds: from the beginning to the end, with the workers of the configuration.
        workers: of the configuration.
        speeds: of each subject of the plan; none where no cell is left.
        features: what making the features costs.
        most_seconds: as `seconds`, where every training that ends by patience goes on to its bound.
    """

    parts: Mapping[str, float]
    seconds: float
    workers: int
    speeds: tuple[UnitCosts, ...]
    features: tuple[FeatureCosts, ...]
    most_seconds: float

    @property
    def worker_seconds(self) -> float:
        """Of all workers together."""
        return sum(self.parts.values())


def probe(
    model: Shape,
    data: DataOptions,
    threads: int,
    placement: Placement = CPU,
    quantise: QuantiseSection | None = None,
    smallest: Sequence[int] = (),
) -> UnitCosts:
    """Take the times of the unpruned model on clips of noise as long as the data set's, where it will run.

    Args:
        model: unpruned.
        data: of the plan.
        threads: of a worker.
        placement: where models are trained.
        quantise: of the configuration.
        smallest: widths of the smallest planned shape, which says how much of a step does not fall with the MACs.
    """
    dataset = opened(data)
    rng = np.random.default_rng(0)
    network = network_of(model)
    if isinstance(network.frontend, FrontEnd):
        length = frames(dataset.samples, FRONT_ENDS[dataset.sample_rate])
        clips = rng.normal(-40, 10, (BATCH, length, MELS)).astype(np.float32)
    else:
        noise = torch.from_numpy(rng.normal(0, 0.1, (BATCH, dataset.samples)).astype(np.float32))
        clips = network.frontend.features(noise).numpy()
    targets = rng.random((BATCH, model.n_classes)) < 0.1
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        tagger = new_tagger(model, seed=0)
        whole = Training(clips, targets, _RECIPE, seed=0, placement=placement)
        step = _step_seconds(tagger, whole)
        forward = _forward_seconds(tagger, clips, placement)
        tail, tail_forward = step, forward
        small = cut_to(tagger, model.by_group(smallest)) if smallest else tagger
        share = model.share("macs_backbone", small.widths)
        fixed = fixed_part(share, _step_seconds(small, whole) / step) if share < 1 else 0.0
        tail_fixed = fixed
        if network.tail is not None:
            stem = np.concatenate(list(stem_outputs(tagger, clips)))
            training = Training(stem, targets, _RECIPE, seed=0, tail=True, placement=placement)
            tail = _step_seconds(tagger, training)
            tail_forward = _forward_seconds(tagger, stem, placement, tail=True)
            if (share := model.tail_share(small.widths)) < 1:
                own = np.concatenate(list(stem_outputs(small, clips)))  # a scope can reach below the tail
                tail_fixed = fixed_part(share, _step_seconds(small, replace(training, inputs=own)) / tail)
        scores = rng.random((len(dataset.test), model.n_classes), dtype=np.float32)
        outcome = sum(
            _seconds(job)
            for job in (
                lambda: tagger.without({model.groups[-1]: range(min(1, model.widths[-1] - 1))}),
                lambda: exact_measures(measurable_of(tagger)),
                lambda: influences(scores, data),
            )
        )
        if quantise is not None:
            how = Quantising(min(quantise.clips, BATCH), quantise.method, threads)
            outcome += _seconds(lambda: integers_of(tagger, clips, how))
    finally:
        torch.set_num_threads(before)
    return UnitCosts(
        step / BATCH, tail / BATCH, forward / BATCH, tail_forward / BATCH, outcome, fixed, tail_fixed
    )


_RECIPE = Recipe(steps=STEPS, batch=BATCH)


def _seconds(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _forward_seconds(
    model: Tagger, clips: NDArray[np.float32], placement: Placement, *, tail: bool = False
) -> float:
    with placement.holding(model):
        return _seconds(lambda: predict(model, clips, batch=BATCH, tail=tail))


def _step_seconds(model: Tagger, training: Training) -> float:
    """The median of the steps after the first, which allocates."""
    ends: list[float] = []

    def ended(done: int, total: int) -> None:
        if training.placement.kind == "cuda":
            torch.cuda.synchronize(training.placement.device)  # a step that is only queued has not ended
        ends.append(time.perf_counter())

    train(model, replace(training, progress=ended))
    return median(np.diff(ends).tolist())


def forecast(
    config: Config,
    plan: Plan,
    cells: Sequence[Cell],
    options: Sequence[DataOptions],
    cache: Cache,
    throughput: float | None = None,
) -> Forecast:
    """How long the given cells of a plan will take.

    Args:
        config: the sweep.
        plan: of the configuration.
        cells: those that are not finished.
        options: of the plan's data sets.
        cache: base models that it holds are not trained again.
        throughput: clips that a worker trains the unpruned model on in a second; measured here where it is absent.
    """
    speeds = tuple(
        probe(
            subject.shape,
            options[subject.data],
            config.threads,
            config.placement,
            config.quantise,
            _smallest(subject.shape, points),
        )
        if throughput is None
        else of_throughput(throughput)
        for subject, points in zip(plan.subjects, plan.points, strict=True)
        if cells  # nothing is timed for a run that is finished
    )
    features = tuple(feature_costs(plan, options, cache, timed=bool(cells)))
    wanted = [base for cell in cells for base in (cell.base, cell.base.parent) if base is not None]
    untrained = [
        base for base in dict.fromkeys(wanted) if not (cache.base(base.identity) / "quality.json").exists()
    ]

    def parts(costs: Costs) -> dict[str, float]:
        return {
            "features": sum(each.seconds for each in features) if cells else 0.0,
            "base models": sum(costs.base_of(base) for base in untrained),
            "scores": costs.scores(cells),
            **({"searches": costs.searches(cells)} if any(map(is_searched, cells)) else {}),
            "learning rates": costs.rates(cells),
            "cells": sum(map(costs.cell, cells)),
        }

    graph = needs(config, plan, cells)
    units = speeds or [RELATIVE] * len(plan.subjects)
    expected, bound = (Costs(config, plan, units, of_bound) for of_bound in (OF_BOUND, 1.0))
    seconds, most = (
        makespan(graph, _seconds_of(graph, costs, parts(costs), untrained), rank, max(1, config.workers))
        for costs in (expected, bound)
    )
    return Forecast(parts(expected), seconds, config.workers, speeds, features, most)


def _smallest(model: Shape, points: Mapping[str, Sequence[PlannedPoint]]) -> tuple[int, ...]:
    """Widths of the planned shape with the fewest MACs; none where none is planned."""
    planned = [each.widths for every in points.values() for each in every]
    return min(planned, key=lambda widths: model.share("macs_backbone", widths), default=())


def _seconds_of(
    graph: Mapping[Node, Sequence[Node]], costs: Costs, parts: Mapping[str, float], untrained: Sequence[Base]
) -> Callable[[Node], float]:
    """Seconds of each piece of a graph; splits of a data set, and trials of a rate, are assumed equally long."""
    equal = {
        kind: parts[part] / max(1, sum(isinstance(node, kind) for node in graph))
        for kind, part in ((Features, "features"), (Trial, "learning rates"))
    }

    def seconds(node: Node) -> float:
        match node:
            case Features() | Trial():
                return equal[type(node)]
            case BaseModel(base):
                return costs.base_of(base) if base in untrained else 0.0
            case ScoresNode(BaseModel(base), criterion, _):
                return costs.criterion(base.subject, criterion)
            case SearchNode(cell):
                return costs.search(cell)
            case CellNode(cell):
                return costs.cell(cell)
        return 0.0

    return seconds
