"""The plan: the grid of cells that a configuration asks for, each with its identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from prunebench.harness import calibration, frontend, recalibration, training
from prunebench.harness.budget import parse_scope
from prunebench.harness.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.identity import identity
from prunebench.harness.model import LAYERS, PUBLISHED_WIDTHS
from prunebench.harness.resolve import content_hash
from prunebench.harness.stored_scores import StoredScores
from prunebench.pruners.contract import COLLECTED, Pruner

VERSION = 1  # raised when the protocol itself changes results


@dataclass(frozen=True)
class Base:
    """A base model of the grid.

    Args:
        identity: hash of the data, the model, its training and the threads.
        data: index of the data set.
        seed: of its weights, data order and dropout.
    """

    identity: str
    data: int
    seed: int


@dataclass(frozen=True)
class Cell:
    """One point of the grid; the fields are those of `prunebench.eval.Record`.

    A criterion with a budget of its own has ratio 0 here: how much goes shows when it is scored.
    """

    identity: str
    base: Base
    control: str | None = None
    criterion: str | None = None
    prune_seed: int | None = None
    scope: str = "none"
    ratio: float = 0.0
    finetune_scope: str = "none"
    finetune_seed: int | None = None
    rate_choice: str = "shared"


@dataclass(frozen=True)
class Plan:
    """All base models and cells of a configuration, in a fixed order."""

    bases: tuple[Base, ...]
    cells: tuple[Cell, ...]

    def first_base(self, data: int) -> Base:
        """The base model of the first seed on a data set: the one rates are chosen on."""
        return next(base for base in self.bases if base.data == data)


def scaled_widths(width: float) -> tuple[int, ...]:
    """The published widths times `width`, rounded, at least 1."""
    return tuple(max(1, round(filters * width)) for filters in PUBLISHED_WIDTHS)


def scaled_embedding(width: float) -> int:
    """The published embedding times `width`, rounded, at least 1."""
    return max(1, round(2048 * width))


def make_plan(config: Config, datasets: Sequence[DataSet]) -> Plan:
    """The grid of a configuration on its data sets; made twice, it is equal.

    Raises:
        InputError: for a criterion `scores:DIR` whose files do not fit the model.
    """
    bases = tuple(
        Base(_base_identity(config, dataset, seed), index, seed)
        for index, dataset in enumerate(datasets)
        for seed in config.base.seeds
    )
    pruners = {label: config.prune.pruner(label) for label in config.prune.criteria}
    _check_stored_scores(config, pruners.values())
    return Plan(bases, tuple(cell for base in bases for cell in _cells(config, base, pruners)))


def _check_stored_scores(config: Config, pruners: Iterable[Pruner]) -> None:
    """Scores from files must fit before anything is trained."""
    widths = dict(zip(LAYERS, scaled_widths(config.model.width), strict=True))
    layers = {layer for scope in config.prune.scopes for layer in parse_scope(scope)}
    for pruner in pruners:
        if isinstance(pruner, StoredScores):
            for layer in sorted(layers, key=LAYERS.index):
                pruner.of_layer(layer, widths[layer])


def _cells(config: Config, base: Base, pruners: Mapping[str, Pruner]) -> Iterator[Cell]:
    shared = {"plan": VERSION, "base": base.identity, "threads": config.threads}
    finetuning = _finetuning_payload(config)
    for cell in _grid(config, base, pruners):
        payload = {**asdict(replace(cell, identity="", base=base)), **shared}
        if cell.criterion is not None:
            pruner = pruners[cell.criterion]
            payload |= {"criterion_version": pruner.version}
            content = content_hash(pruner)
            if content is not None:
                payload |= {"criterion_content": content}
            if pruner.needs & COLLECTED:
                payload |= {
                    "calibration_clips": config.prune.calibration_clips,
                    "calibration_version": calibration.VERSION,
                }
        if config.prune.recalibration_clips and (cell.criterion or cell.finetune_scope != "none"):
            payload |= {
                "recalibration_clips": config.prune.recalibration_clips,
                "recalibration_version": recalibration.VERSION,
            }
        if cell.control == "scratch":
            payload |= {"training": asdict(config.base.recipe), "training_version": training.VERSION}
        if cell.finetune_scope != "none":
            payload |= {"finetuning": finetuning, "training_version": training.VERSION}
        yield replace(cell, identity=identity(payload))


def _grid(config: Config, base: Base, pruners: Mapping[str, Pruner]) -> Iterator[Cell]:
    yield Cell("", base, control="unpruned")
    for scope, finetune_scope in config.pairs():
        trained = finetune_scope != "none"
        for finetune_seed in config.finetune.seeds if trained else (None,):
            tuned = Cell("", base, scope=scope, finetune_scope=finetune_scope, finetune_seed=finetune_seed)
            for choice in ("shared", "own") if trained else ():
                yield replace(tuned, control="unpruned-fine-tuned", rate_choice=choice)
            for ratio in config.prune.ratios:
                yield from _pruned_cells(config, replace(tuned, ratio=ratio), pruners)
            yield from _pruned_cells(config, tuned, pruners)
    if config.controls.scratch:
        for scope in config.prune.scopes:
            for ratio in config.prune.ratios:
                yield Cell("", base, control="scratch", scope=scope, ratio=ratio)


def _pruned_cells(config: Config, tuned: Cell, pruners: Mapping[str, Pruner]) -> Iterator[Cell]:
    """The cells at one ratio, or at none: those of criteria with a budget of their own.

    These have no reversed control: what they keep is not as much as what they remove.
    """
    for label, pruner in pruners.items():
        if pruner.own_budget != (tuned.ratio == 0):
            continue
        drawn = "generator" in pruner.needs
        for seed in config.prune.seeds if drawn else (None,):
            yield replace(tuned, criterion=label, prune_seed=seed)
        if config.controls.reversed and not drawn and not pruner.own_budget:
            yield replace(tuned, criterion=label, control="reversed")


def _base_identity(config: Config, dataset: DataSet, seed: int) -> str:
    return identity(
        {
            "data": dict(dataset.identity),
            "frontend": frontend.VERSION,
            "width": config.model.width,
            "training": asdict(config.base.recipe),
            "training_version": training.VERSION,
            "seed": seed,
            "threads": config.threads,
        }
    )


def _finetuning_payload(config: Config) -> dict[str, object]:
    """What decides a fine-tuning: its recipe and how the rate is chosen, never the rest of the grid."""
    payload = config.finetune.model_dump(mode="json", exclude={"scopes", "seeds"})
    return payload | {
        "rate_seeds": [config.base.seeds[0], config.prune.seeds[0], config.finetune.seeds[0]],
        "random_version": config.prune.pruner("random").version,
    }
