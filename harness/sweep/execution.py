"""The cells of a plan, carried out: base models, scores, rates, outcomes, records.

Every piece begins as soon as what it needs is there. Workers compute; only this process appends to the logs of the
run folder.
"""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Sequence
from graphlib import TopologicalSorter
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import STAGES
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.cells.base_outputs import store_stem
from prunebench.harness.cells.best_iterate import copy_trained
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.outcome import Outcome, run_outcome
from prunebench.harness.cells.ratio_search import search_counts
from prunebench.harness.cells.scores import score_base
from prunebench.harness.cells.stage_quality import QualityFigures
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.data.features.splits import store_features
from prunebench.harness.engine.progress import Progress
from prunebench.harness.engine.tasks import Engine, Failure, Noted, Ready, Task
from prunebench.harness.networks.plugins.model_shapes import other_front
from prunebench.harness.plan.plan import Base, Cell, Plan
from prunebench.harness.sweep.costs import RELATIVE, Costs
from prunebench.harness.sweep.graph import (
    BaseModel,
    CellNode,
    Features,
    Node,
    RatesNode,
    ScoresNode,
    SearchNode,
    Stem,
    Trial,
    needs,
    rank,
)
from prunebench.harness.sweep.ledger import CellError, Known
from prunebench.harness.sweep.piece_titles import title
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.harness.training.state import forget_training
from prunebench.harness.workspace.cache import Cache

PHASES: dict[type, str] = {
    Features: "features",
    BaseModel: "base models",
    Stem: "outputs of C1–C6",
    ScoresNode: "scores",
    SearchNode: "searches",
    Trial: "learning rates",
    CellNode: "cells",
}


class Execution:
    """Carries out cells; `run` is its one verb."""

    def __init__(
        self,
        config: Config,
        plan: Plan,
        datasets: Sequence[DataSet],
        run: RunFolder,
        cache: Cache,
        engine: Engine,
        progress: Progress,
        given: RatePair | None = None,
    ) -> None:
        """Begin nothing yet.

        Args:
            config: the sweep.
            plan: of it.
            datasets: of it.
            run: the folder that outcomes and records go to.
            cache: where features and base models are kept.
            engine: who computes.
            progress: told of what ends.
            given: the fine-tuning rates of all cells, where an earlier run has chosen them.
        """
        self._config = config
        self._given = given
        self._plan = plan
        self._run = run
        self._datasets = datasets
        self._cache = cache
        self._engine = engine
        self._progress = progress
        self._known = Known(config, plan, [dataset.label for dataset in datasets], run.outcomes(), given)
        self._costs = Costs(config, plan, [RELATIVE] * len(plan.subjects))
        self._ready = Ready()
        self._waiting: dict[str, list[Node]] = {}
        self._jobs: dict[str, Job] = {}
        self._choosing = 0  # groups whose fine-tuning rate is not chosen yet

    def run(self, cells: Sequence[Cell]) -> None:
        """Compute the given cells and append their records, each as soon as it is finished."""
        graph = needs(self._config, self._plan, cells, choose_rates=self._given is None)
        for kind, phase in PHASES.items():
            works = [self._work(node) for node in graph if isinstance(node, kind)]
            self._progress.announce(phase, len(works), sum(works))
        if len(self._config.finetune.rates) > 1:
            self._choosing = sum(isinstance(node, RatesNode) for node in graph)
        wanted = {cell.identity for cell in cells}
        records = self._run.records()
        earlier = [
            cell for cell in self._plan.cells if cell.identity in records and cell.identity not in wanted
        ]
        failed = sum(records[cell.identity].status == "failed" for cell in earlier)
        work = sum(self._work(CellNode(cell)) for cell in earlier)
        self._progress.resume(PHASES[CellNode], len(earlier) - failed, failed, work)
        order = TopologicalSorter(graph)
        order.prepare()
        self._begin_ready(order)
        for key, result in self._engine.run(self._ready, self._progress.step):
            nodes = self._waiting.pop(key)
            if isinstance(result, Noted):
                self._progress.note(key, result.notes)
                result = result.result
            if isinstance(result, Failure):
                self._fail(nodes[0], key, result)
            else:
                self._take(nodes[0], key, result)
            for node in nodes:
                self._end(node, key)
            order.done(*nodes)
            self._begin_ready(order)

    def _begin_ready(self, order: TopologicalSorter[Node]) -> None:
        """Hand what can begin to the workers; what ends at once lets more begin."""
        while nodes := order.get_ready():
            for node in nodes:
                if not self._begin(node):
                    order.done(node)

    def _begin(self, node: Node) -> bool:
        """Whether the piece is with the workers now; otherwise it has ended."""
        known = self._known
        match node:
            case Features(data, subject, split):
                front = other_front(self._plan.subjects[subject].shape)
                name = f"{known.labels[data]} {split}" + ("" if front is None else f" {front}")
                store = functools.partial(store_features, front=front)
                self._hand_on(node, name, store, known.options[data], split, self._cache)
            case BaseModel(base):
                if base.parent is not None and base.parent.identity in known.failures:
                    why = known.why(base.parent.identity)
                    return self._cannot_begin(
                        node, base.identity, f"the base model that it comes from failed: {why}"
                    )
                self._hand_on(node, base.identity, build_base, known.base_job(base), self._cache)
            case Stem(BaseModel(base), split):
                key = f"{base.identity} {split}"
                if base.identity in known.failures:
                    return self._cannot_begin(node, key, known.without_base(base))
                self._hand_on(node, key, store_stem, known.base_job(base), split, self._cache)
            case ScoresNode(BaseModel(base), criterion, seed):
                job = known.scoring_job(base, criterion, seed)
                if base.identity in known.failures:
                    return self._cannot_begin(node, job.key, known.without_base(base))
                self._hand_on(node, job.key, score_base, job, self._cache)
            case SearchNode(cell):
                return self._begin_search(node, cell)
            case RatesNode(group):
                known.choose_rates(group)
                self._choosing -= self._choosing > 0
                return False
            case Trial(cell) | CellNode(cell):
                return self._begin_cell(node, cell)
        return True

    def _begin_search(self, node: SearchNode, cell: Cell) -> bool:
        try:
            job = self._known.search_job(cell)
        except CellError as error:
            return self._cannot_begin(node, title(node, self._known), str(error))
        self._hand_on(node, job.key, search_counts, job, self._cache)
        return True

    def _cannot_begin(self, node: Node, key: str, why: str) -> bool:
        self._known.failures[key] = why
        self._end(node, key)
        return False

    def _begin_cell(self, node: Trial | CellNode, cell: Cell) -> bool:
        known = self._known
        try:
            rates = RatePair(node.rate, node.rate) if isinstance(node, Trial) else known.rates(cell)
            job = known.job(cell, rates)
        except CellError as error:
            return self._cannot_begin(node, title(node, known), str(error))
        if job.identity in known.outcomes or job.identity in known.failures:
            forget_training(self._cache, job.identity)  # a run may have been killed just before it did
            self._end(node, job.identity)
            return False
        self._jobs[job.identity] = job
        quality = known.qualities[cell.base.identity]
        self._hand_on(node, job.identity, run_outcome, job, quality, self._cache, self._run.files)
        return True

    def _hand_on(self, node: Node, key: str, function: Callable[..., Any], *arguments: Any) -> None:
        """Give a task to the workers; pieces that ask for the same share it."""
        if key not in self._waiting:
            self._name(node, key)
            self._ready.add(Task(key, function, arguments, rank(node)))
        self._waiting.setdefault(key, []).append(node)

    def _name(self, node: Node, key: str) -> None:
        self._progress.name(key, PHASES[type(node)], title(node, self._known), self._work(node))

    def _work(self, node: Node) -> float:
        """What a piece costs beside others of its kind, in forward passes of a clip."""
        match node:
            case Features(data, _, split) | Stem(BaseModel(Base(data=data)), split):
                work: float = len(self._datasets[data].split(split))
            case BaseModel(base):
                work = self._costs.base_of(base)
            case ScoresNode(BaseModel(base), criterion, _):
                work = self._costs.criterion(base.subject, criterion)
            case SearchNode(cell):
                work = self._costs.search(cell)
            case Trial(cell) | CellNode(cell):
                work = self._costs.cell(cell)
            case RatesNode():
                work = 0.0
        return max(1.0, work)

    def _take(self, node: Node, key: str, result: Any) -> None:
        """File a result; an outcome is safe in the run folder before anything else happens."""
        match node:
            case BaseModel(base):
                self._known.qualities[base.identity] = result
                self._progress.note(key, self._known.killed(base))
                copy_trained(self._cache.base(base.identity), base.identity, self._run.files.models)
            case ScoresNode():
                self._known.scorings[key] = result
            case SearchNode():
                self._known.searches[key] = result
            case Trial() | CellNode():
                self._run.add_outcome(result, self._jobs.pop(key).removed)
                self._known.outcomes[key] = result
                forget_training(self._cache, key)

    def _fail(self, node: Node, key: str, failure: Failure) -> None:
        """Keep why a piece failed, for the records of the cells behind it.

        Raises:
            InputError: for features, since a recording that cannot be decoded lets nothing begin.
            OSError: for a full disk, since everything else would fail alike.
        """
        self._known.failures[key] = failure.message
        if failure.full_disk is not None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), failure.full_disk)
        self._run.log_failure(key, failure.details)
        if isinstance(node, Features):
            raise InputError(failure.message.removeprefix("InputError: "))

    def _end(self, node: Node, key: str) -> None:
        """Record a cell that ended, and tell how far the sweep is."""
        known = self._known
        if isinstance(node, RatesNode):
            return
        outcome = known.outcomes.get(key)
        error = known.failures.get(key)
        if isinstance(node, CellNode):
            assert outcome is not None or error is not None
            record = known.finished(node.cell, outcome) if outcome else known.failed(node.cell, str(error))
            self._run.add_record(record)
        self._name(node, key)
        if error is not None:
            self._progress.failed(key, error)
        elif outcome is not None:
            self._tell(key, last_quality(outcome), of_cell=isinstance(node, CellNode))
        elif isinstance(node, BaseModel):
            self._tell(key, known.qualities[node.base.identity])
        else:
            self._progress.finished(key)

    def _tell(self, key: str, quality: QualityFigures, *, of_cell: bool = False) -> None:
        """Tell what a model reached: on validation clips while a rate is chosen, none of test clips."""
        if of_cell and not self._choosing:
            self._progress.finished(key, test_map=quality["test_map"])
        else:
            self._progress.finished(key, f"validation mAP {quality['validation_map']:.3f}")


def last_quality(outcome: Outcome) -> QualityFigures:
    """The figures of the last stage of an outcome."""
    stages = outcome.stages
    return dict(stages[next(stage for stage in reversed(STAGES) if stage in stages)])
