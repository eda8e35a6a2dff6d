"""One fine-tuning rate per data set, scope and length, chosen on validation clips of random-pruned cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from prunebench.eval.run.record import CONVERGED, FINE_TUNED
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.config.config import Config
from prunebench.harness.config.training_tables import FinetuneScope
from prunebench.harness.networks.layers import Scope
from prunebench.harness.plan.plan import Cell, Plan


@dataclass(frozen=True)
class RateGroup:
    """Cells that are fine-tuned at one rate: one network on one data set, pruning scope and fine-tuning scope."""

    subject: int
    scope: Scope
    finetune_scope: FinetuneScope

    @classmethod
    def of(cls, cell: Cell) -> RateGroup:
        """The group of a cell."""
        return cls(cell.base.subject, cell.scope, cell.finetune_scope)


@dataclass(frozen=True)
class Trials:
    """The jobs whose validation quality chooses the rates of a group: rate → jobs.

    Args:
        shared: random-pruned cells; their rate is every cell's.
        own: the unpruned model; the control is shown at this rate too.
    """

    shared: Mapping[float, tuple[Job, ...]]
    own: Mapping[float, tuple[Job, ...]]


def trial_cells(config: Config, group: RateGroup, plan: Plan) -> tuple[list[Cell], list[Cell]]:
    """The random-pruned cells that choose the shared rate of a group, and the unpruned one for its own.

    They stand on the first base model, first pruning seed and first fine-tuning seed. The seeds are the first
    ones alone, so that a configuration that adds seeds keeps the rate.
    """
    tuned = Cell(
        "",
        plan.first_base(group.subject),
        scope=group.scope,
        finetune_scope=group.finetune_scope,
        finetune_seed=config.finetune.seeds[0],
    )
    random = [
        replace(tuned, criterion="random", prune_seed=config.prune.seeds[0], ratio=ratio)
        for ratio in config.finetune.rate_ratios
    ]
    return random, [replace(tuned, control="unpruned-fine-tuned")]


def make_trials(
    config: Config, group: RateGroup, plan: Plan, job_of: Callable[[Cell, RatePair], Job]
) -> Trials:
    """The jobs of the trial cells of a group at each rate."""
    random, unpruned = trial_cells(config, group, plan)
    return Trials(
        shared={
            rate: tuple(job_of(cell, RatePair(rate, rate)) for cell in random)
            for rate in config.finetune.rates
        },
        own={
            rate: tuple(job_of(cell, RatePair(rate, rate)) for cell in unpruned)
            for rate in config.finetune.rates
        },
    )


def best_rates(jobs: Mapping[float, tuple[Job, ...]], outcomes: Mapping[str, Outcome]) -> RatePair:
    """The best rate of each length; errors as `best_rate`."""
    short = best_rate(jobs, outcomes, FINE_TUNED)
    two = any(CONVERGED in outcomes[job.identity].stages for job in jobs[short])
    return RatePair(best_rate(jobs, outcomes, CONVERGED) if two else short, short)


def best_rate(jobs: Mapping[float, tuple[Job, ...]], outcomes: Mapping[str, Outcome], stage: str) -> float:
    """The rate with the best mean validation mAP after a stage; of equal ones the smallest.

    A rate at which a trial failed, since training diverged perhaps, is out.

    Raises:
        KeyError: with the identity of a failed trial, if no rate is left.
    """

    def mean(rate: float) -> float:
        found = [outcomes[job.identity].stages[stage]["validation_map"] for job in jobs[rate]]
        return sum(found) / len(found)

    trained = [rate for rate in sorted(jobs) if all(job.identity in outcomes for job in jobs[rate])]
    if not trained:
        raise KeyError(next(iter(jobs.values()))[0].identity)
    return max(trained, key=mean)
