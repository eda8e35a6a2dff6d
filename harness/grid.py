"""The cells of a plan, carried out: base models, scores, rates, outcomes, records.

Each phase hands all its tasks to the workers at once; only this process writes to the run folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.record import STAGES
from prunebench.harness.bases import BaseJob, build_base, store_stem
from prunebench.harness.budget import parse_scope
from prunebench.harness.cache import Cache
from prunebench.harness.config import Config
from prunebench.harness.data import DataSet, folds
from prunebench.harness.data.dataset import SPLITS
from prunebench.harness.display import Display
from prunebench.harness.outcome import Outcome, OutcomeJob, run_outcome
from prunebench.harness.plan import Base, Cell, Plan, scaled_embedding, scaled_widths
from prunebench.harness.quality import Quality
from prunebench.harness.rates import RateGroup, Trials, best_rate, make_trials
from prunebench.harness.records import failed_record, finished_record
from prunebench.harness.removal import Scoring, ScoringJob, outcome_job, score_base, scoring_key
from prunebench.harness.resolve import content_hash
from prunebench.harness.runfolder import RunFolder
from prunebench.harness.splits import store_features
from prunebench.harness.workers import Failure, Task, Workers
from prunebench.pruners.contract import Pruner


class Grid:
    """Carries out cells; `run` is its one verb."""

    def __init__(
        self,
        config: Config,
        plan: Plan,
        datasets: Sequence[DataSet],
        run: RunFolder,
        cache: Cache,
        workers: Workers,
        display: Display,
    ) -> None:
        self._config = config
        self._plan = plan
        self._options = folds(config.data)
        self._labels = [dataset.label for dataset in datasets]
        self._run = run
        self._cache = cache
        self._workers = workers
        self._display = display
        self._qualities: dict[str, Quality] = {}
        self._scorings: dict[str, Scoring] = {}
        self._outcomes: dict[str, Outcome] = run.outcomes()
        self._rates: dict[RateGroup, dict[str, float]] = {}
        self._failures: dict[str, str] = {}
        labels = ("random", *config.prune.criteria)
        self._pruners = {label: config.prune.pruner(label) for label in labels}

    def run(self, cells: Sequence[Cell]) -> None:
        """Compute the given cells and append their records, each as soon as it is finished."""
        tuned = [cell for cell in cells if cell.finetune_scope != "none"]
        groups = {RateGroup.of(cell): self._first_base(cell.base.data) for cell in tuned}
        bases = [*(cell.base for cell in cells), *groups.values()]
        self._store_features(sorted({base.data for base in bases}))
        self._train_bases(bases)
        if any(cell.finetune_scope == "tail" for cell in tuned):
            self._store_stems([base for base in bases if base.identity in self._qualities])
        self._score(cells, list(groups.values()))
        self._choose_rates(groups)
        self._compute_cells(cells)

    def _store_features(self, indices: Iterable[int]) -> None:
        tasks = [
            Task(f"{self._labels[index]} {split}", store_features, (self._options[index], split, self._cache))
            for index in indices
            for split in SPLITS
        ]
        for name, _ in self._carry_out("features", tasks):
            self._display.finished(name)
        for task in tasks:
            if task.key in self._failures:  # a recording that cannot be decoded, say: nothing can begin
                raise InputError(self._failures[task.key].removeprefix("InputError: "))

    def _train_bases(self, bases: Iterable[Base]) -> None:
        jobs = {base.identity: self._base_job(base) for base in bases}
        tasks = [Task(self._base_name(job), build_base, (job, self._cache)) for job in jobs.values()]
        names = {self._base_name(job): identity for identity, job in jobs.items()}
        for name, quality in self._carry_out("base models", tasks):
            self._qualities[names[name]] = quality
            self._display.finished(name, f"test mAP {quality['test_map']:.3f}")

    def _store_stems(self, bases: Iterable[Base]) -> None:
        jobs = {base.identity: self._base_job(base) for base in bases}
        tasks = [
            Task(f"{self._base_name(job)} {split}", store_stem, (job, split, self._cache))
            for job in jobs.values()
            for split in SPLITS
        ]
        for name, _ in self._carry_out("outputs of C1–C6", tasks):
            self._display.finished(name)

    def _score(self, cells: Iterable[Cell], firsts: Iterable[Base]) -> None:
        wanted = [(cell.base, cell.criterion, cell.prune_seed) for cell in cells if cell.criterion]
        wanted += [(base, "random", self._config.prune.seeds[0]) for base in firsts]
        layers = sorted({layer for scope in self._config.prune.scopes for layer in parse_scope(scope)})
        jobs: dict[str, ScoringJob] = {}
        for base, criterion, seed in wanted:
            job = ScoringJob(
                self._base_job(base),
                criterion,
                seed,
                tuple(layers),
                self._config.prune.calibration_clips,
                self._config.prune.files,
                content_hash(self._pruners[criterion]),
            )
            jobs[job.key] = job
        tasks = [Task(key, score_base, (job, self._cache)) for key, job in jobs.items()]
        for key, scoring in self._carry_out("scores", tasks):
            self._scorings[key] = scoring
            self._display.finished(key)

    def _choose_rates(self, groups: Mapping[RateGroup, Base]) -> None:
        trials: dict[RateGroup, Trials] = {}
        for group, base in groups.items():
            try:
                trials[group] = make_trials(self._config, group, base, self._job)
            except CellError as error:
                self._failures[str(group)] = str(error)
        jobs = [
            job
            for trial in trials.values()
            for rates in (trial.shared, trial.own)
            for some in rates.values()
            for job in some
        ]
        for _ in self._compute("learning rates", jobs):
            pass
        for group, trial in trials.items():
            try:
                self._rates[group] = {
                    "shared": best_rate(trial.shared, self._outcomes),
                    "own": best_rate(trial.own, self._outcomes),
                }
            except KeyError as error:
                self._failures[str(group)] = (
                    f"a trial of its learning rate failed: {self._why(error.args[0])}"
                )

    def _compute_cells(self, cells: Sequence[Cell]) -> None:
        waiting: dict[str, list[Cell]] = {}
        jobs: dict[str, OutcomeJob] = {}
        for cell in cells:
            try:
                job = self._job(cell, self._rate(cell))
            except CellError as error:
                self._fail(cell, str(error))
                continue
            waiting.setdefault(job.identity, []).append(cell)
            jobs[job.identity] = job
        for identity in self._compute("cells", list(jobs.values())):
            for cell in waiting[identity]:
                if identity in self._outcomes:
                    self._record(cell, self._outcomes[identity])
                else:
                    self._fail(cell, self._why(identity))

    def _compute(self, phase: str, jobs: Iterable[OutcomeJob]) -> Iterator[str]:
        """Identities of the jobs, each when its outcome is there or has failed; finished ones first."""
        unique = {job.identity: job for job in jobs}
        tasks = []
        for identity, job in unique.items():
            if identity in self._outcomes or identity in self._failures:
                yield identity
            else:
                quality = self._qualities[job.base.identity]
                tasks.append(Task(identity, run_outcome, (job, quality, self._cache, self._run.scores)))
        finished: set[str] = set()
        for identity, outcome in self._carry_out(phase, tasks):
            self._run.add_outcome(outcome, unique[identity].removed)
            self._outcomes[identity] = outcome
            finished.add(identity)
            self._display.finished(identity, f"test mAP {final_map(outcome):.3f}")
            yield identity
        yield from (task.key for task in tasks if task.key not in finished)

    def _carry_out(self, phase: str, tasks: Sequence[Task]) -> Iterator[tuple[str, Any]]:
        """Results of the tasks that succeed; failures are kept for the records of the cells behind them."""
        if not tasks:
            return
        self._display.phase(phase, len(tasks))
        for key, result in self._workers.run(tasks, self._display.step):
            if isinstance(result, Failure):
                self._failures[key] = result.message
                self._run.log_failure(key, result.details)
                self._display.failed(key, result.message)
            else:
                yield key, result

    def _job(self, cell: Cell, rate: float | None) -> OutcomeJob:
        base = self._base_job(cell.base)
        if base.identity not in self._qualities:
            raise CellError(f"its base model failed: {self._why(self._base_name(base))}")
        scoring = None
        if cell.criterion is not None:
            key = scoring_key(base.identity, cell.criterion, cell.prune_seed)
            if key not in self._scorings:
                raise CellError(f"scoring failed: {self._why(key)}")
            scoring = self._scorings[key]
        try:
            return outcome_job(self._config, cell, base, rate, scoring)
        except InputError as error:
            raise CellError(str(error)) from error

    def _rate(self, cell: Cell) -> float | None:
        if cell.finetune_scope == "none":
            return None
        group = RateGroup.of(cell)
        if group not in self._rates:
            raise CellError(self._why(str(group)))
        return self._rates[group][cell.rate_choice]

    def _record(self, cell: Cell, outcome: Outcome) -> None:
        scoring = None
        if cell.criterion is not None:
            scoring = self._scorings[scoring_key(cell.base.identity, cell.criterion, cell.prune_seed)]
        widths = self._base_job(cell.base).widths
        label, pruner = self._labels[cell.base.data], self._pruner(cell)
        self._run.add_record(finished_record(cell, pruner, label, widths, outcome, self._rate(cell), scoring))

    def _fail(self, cell: Cell, error: str) -> None:
        label, pruner = self._labels[cell.base.data], self._pruner(cell)
        self._run.add_record(failed_record(cell, pruner, label, error))

    def _pruner(self, cell: Cell) -> Pruner | None:
        return None if cell.criterion is None else self._pruners[cell.criterion]

    def _why(self, key: str) -> str:
        return self._failures.get(key, "the reason was not recorded")

    def _first_base(self, data: int) -> Base:
        """The base model of the first seed on a data set: the one rates are chosen on."""
        return next(base for base in self._plan.bases if base.data == data)

    def _base_job(self, base: Base) -> BaseJob:
        width = self._config.model.width
        return BaseJob(
            base.identity,
            self._options[base.data],
            scaled_widths(width),
            scaled_embedding(width),
            self._config.base.recipe,
            base.seed,
        )

    def _base_name(self, job: BaseJob) -> str:
        return f"base seed {job.seed} on {self._labels[self._options.index(job.data)]}"


class CellError(Exception):
    """Why a cell cannot be computed: something that it stands on failed."""


def final_map(outcome: Outcome) -> float:
    """Test mAP of the last stage of an outcome."""
    stages = outcome.stages
    return stages[next(stage for stage in reversed(STAGES) if stage in stages)]["test_map"]
