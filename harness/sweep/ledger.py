"""What a sweep knows so far, and the jobs and records of cells that follow from it."""

from __future__ import annotations

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import PLAIN, Record
from prunebench.eval.run.sparsity import BEFORE, is_killed, said_killed
from prunebench.harness.cells.base_job import BaseJob, base_job
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.jobs import cell_job
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.cells.ratio_search import SearchJob, SearchResult, is_searched, search_job
from prunebench.harness.cells.records import failed_record, finished_record
from prunebench.harness.cells.removal import leader_of, scored_by
from prunebench.harness.cells.scores import Scoring, ScoringJob, scoring_key
from prunebench.harness.cells.stage_quality import QualityFigures
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.data.plugins.pinned import pinned
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.plan import Base, Cell, Plan
from prunebench.harness.pruning.reduction import DEFAULT
from prunebench.harness.pruning.sources import content_hash
from prunebench.harness.sweep.rates import RateGroup, best_rates, make_trials
from prunebench.harness.training.recipe import Recipe
from prunebench.pruners.contract import Pruner


class CellError(Exception):
    """Why a cell cannot be computed: something that it stands on failed."""


class Known:
    """Qualities of base models, scores, searches, rates, outcomes and failures, filed under their keys."""

    def __init__(
        self,
        config: Config,
        plan: Plan,
        labels: list[str],
        outcomes: dict[str, Outcome],
        given: RatePair | None = None,
    ) -> None:
        self.options = [pinned(options, opened(options)) for options in config.data_sets()]
        self.labels = labels
        self.qualities: dict[str, QualityFigures] = {}
        self.scorings: dict[str, Scoring] = {}
        self.searches: dict[str, SearchResult] = {}
        self.outcomes = outcomes
        self.failures: dict[str, str] = {}
        self._config = config
        self._plan = plan
        self._given = given  # the rates of all cells, where they were chosen before
        self._rates: dict[RateGroup, dict[str, RatePair]] = {}
        criteria = ("random", *config.prune.criteria, *config.prune.leaders().values())
        self._pruners = {label: config.prune.pruner(label) for label in criteria}

    def base_job(self, base: Base) -> BaseJob:
        """The job of a base model."""
        return base_job(self._config, base, self.options[base.data], self._plan.subjects[base.subject])

    def base_name(self, base: Base) -> str:
        """What people call a base model."""
        where = f" on {self.labels[base.data]}" if len(self.labels) > 1 else ""
        what = f" of {self.shape(base).network}" if len(self._config.model) > 1 else ""
        training = "plain training" if base.sparsify == PLAIN else base.sparsify
        after = "" if base.parent is None else f" after {training}"
        return f"base {base.seed}{what}{where}{after}"

    def killed(self, base: Base) -> list[str]:
        """Sentences on base models whose further training destroyed them.

        Empty until the model to compare with has been measured.

        Args:
            base: whose quality has just come in.
        """
        kin = [b for b in self._plan.bases if b.origin == base.origin and b.identity in self.qualities]
        found = {b.sparsify: self.qualities[b.identity] for b in kin if b.parent is not None}
        if PLAIN not in found or base.sparsify not in found:
            return []
        maps = {label: figures["validation_map"] for label, figures in found.items()}
        others = dict.fromkeys(maps, maps[PLAIN]) | {PLAIN: found[PLAIN].get(BEFORE, 0.0)}
        return [
            said_killed(label, [value], [others[label]], self._config.sparsify.steps)
            for label, value in maps.items()
            if base.sparsify in (PLAIN, label) and is_killed(value, others[label])
        ]

    def shape(self, base: Base) -> Shape:
        """The unpruned shape of a base model."""
        return self._plan.subjects[base.subject].shape

    def scoring_job(self, base: Base, criterion: str, seed: int | None) -> ScoringJob:
        """The job of a criterion on a base model."""
        prune = self._config.prune
        content = content_hash(self._pruners[criterion])
        clips, files = prune.calibration_clips, prune.files
        layers = tuple(sorted(self._plan.subjects[base.subject].layers))
        job = self.base_job(base)
        return ScoringJob(job, criterion, seed, layers, clips, files, content, prune.reduction)

    def search_job(self, cell: Cell) -> SearchJob:
        """The search for the widths of a cell.

        Raises:
            CellError: if its base model or its scores failed.
        """
        if cell.base.identity not in self.qualities:
            raise CellError(self.without_base(cell.base))
        scoring = self._scoring(cell)
        if scoring is None:
            key = scoring_key(cell.base.identity, str(cell.criterion), cell.prune_seed)
            raise CellError(f"scoring failed: {self.why(key)}")
        return search_job(cell, self.base_job(cell.base), scoring)

    def job(self, cell: Cell, rates: RatePair | None) -> Job:
        """The job that computes a cell.

        Raises:
            CellError: if its base model, its scores or its search failed.
        """
        if cell.base.identity not in self.qualities:
            raise CellError(self.without_base(cell.base))
        for criterion, seed in scored_by(cell, self._config):
            key = scoring_key(cell.base.identity, criterion, seed)
            if key not in self.scorings:
                raise CellError(f"scoring failed: {self.why(key)}")
        leads = leader_of(cell, self._config)
        leader = None if leads is None else self.scorings[scoring_key(cell.base.identity, *leads)]
        job = self.base_job(cell.base)
        if (search := self._search(cell)) is not None:
            cell = cell.but(counts=search.counts)
        try:
            return cell_job(self._config, cell, job, rates, self._scoring(cell), leader)
        except InputError as error:
            raise CellError(str(error)) from error

    def choose_rates(self, group: RateGroup) -> None:
        """Choose the rates of a group from its trials; where that fails, cells of the group will say why."""
        if len(rates := self._config.finetune.rates) == 1:
            self._rates[group] = dict.fromkeys(("shared", "own"), RatePair(rates[0], rates[0]))
            return
        try:
            trials = make_trials(self._config, group, self._plan, self.job)
            self._rates[group] = {
                "shared": best_rates(trials.shared, self.outcomes),
                "own": best_rates(trials.own, self.outcomes),
            }
        except CellError as error:
            self.failures[str(group)] = str(error)
        except KeyError as error:
            why = self.why(error.args[0])
            self.failures[str(group)] = f"a trial of its learning rate failed: {why}"

    def rates(self, cell: Cell) -> RatePair | None:
        """The fine-tuning rates of a cell, `None` for one without.

        Raises:
            CellError: if none could be chosen.
        """
        if cell.finetune_scope == "none":
            return None
        if self._given is not None:
            return self._given
        group = RateGroup.of(cell)
        if group not in self._rates:
            raise CellError(self.why(str(group)))
        return self._rates[group][cell.rate_choice]

    def why(self, key: str) -> str:
        """Why a piece failed."""
        return self.failures.get(key, "the reason was not recorded")

    def without_base(self, base: Base) -> str:
        """Why what takes a base model cannot begin, where that failed."""
        return f"its base model failed: {self.why(base.identity)}"

    def finished(self, cell: Cell, outcome: Outcome) -> Record:
        """The record of a cell whose outcome is there."""
        label, pruner, shape = self.labels[cell.base.data], self._pruner(cell), self.shape(cell.base)
        scoring, rates = self._scoring(cell), self.rates(cell)
        return finished_record(
            cell,
            pruner,
            label,
            shape,
            outcome,
            rates,
            scoring,
            self._search(cell),
            self._reduction(cell),
            self._config.device_kind,
            self._sparsifying,
        )

    def failed(self, cell: Cell, error: str) -> Record:
        """The record of a cell that could not be computed."""
        label, shape = self.labels[cell.base.data], self.shape(cell.base)
        return failed_record(
            cell,
            self._pruner(cell),
            label,
            shape,
            error,
            self._reduction(cell),
            self._config.device_kind,
            self._sparsifying,
        )

    @property
    def _sparsifying(self) -> Recipe | None:
        """Of what base models go through before they are scored."""
        return self._config.sparsify.recipe if self._config.sparsify.methods else None

    def _reduction(self, cell: Cell) -> str:
        """How scores were joined, where that matters to a cell."""
        joined = cell.criterion is not None and self._plan.subject(cell).writes_several(cell.scope)
        return self._config.prune.reduction if joined else DEFAULT

    def _scoring(self, cell: Cell) -> Scoring | None:
        if cell.criterion is None:
            return None
        return self.scorings.get(scoring_key(cell.base.identity, cell.criterion, cell.prune_seed))

    def _search(self, cell: Cell) -> SearchResult | None:
        """What the search of a cell found, `None` for a cell without one."""
        if not is_searched(cell):
            return None
        key = self.search_job(cell).key
        if key not in self.searches:
            raise CellError(f"its search failed: {self.why(key)}")
        return self.searches[key]

    def _pruner(self, cell: Cell) -> Pruner | None:
        return None if cell.criterion is None else self._pruners[cell.criterion]
