"""Identities: the hash of all that decides a result.

A field is in the hash where it departs from its default, so that a new option leaves old identities as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.eval.runtime import int8_graph
from prunebench.harness.budget import allocation, candidates, schedule
from prunebench.harness.config.config import Config
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.data import DataSet
from prunebench.harness.networks import frontend
from prunebench.harness.networks.contract.front import identity_of
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.layer_times import ModelTimes
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.network_registry import content_hash as network_content
from prunebench.harness.plan.cell import Cell
from prunebench.harness.plan.frozen_start import frozen_start
from prunebench.harness.plan.starting_point import starting_point
from prunebench.harness.pruning import calibration, recalibration
from prunebench.harness.pruning.sources import content_hash
from prunebench.harness.sparsity.penalties import parse_method
from prunebench.harness.training import converging, full_recipe, head
from prunebench.harness.training import recipe as training
from prunebench.harness.workspace.hashing import Encoded, identity
from prunebench.pruners.contract import COLLECTED, Pruner

VERSION = 1  # raised when the protocol itself changes results
WHERE_CHOSEN = ("allocation", "budget", "target", "schedule")  # options of a cell that came later


def base_identity(config: Config, model: ModelSection, dataset: DataSet, seed: int) -> str:
    """The identity of a base model."""
    recipe = {"training": asdict(config.base.recipe), "training_version": training.VERSION, "seed": seed}
    network = model.plugin(dataset.sample_rate)
    described = _network(network)
    start: dict[str, object] = {**described, **recipe}
    given = {} if isinstance(network, Cnn14Network) else described  # the weights of a Cnn14 have its width
    checkpoint = starting_point(model)
    if checkpoint is not None:
        start = {"checkpoint": checkpoint.content, **given}
        if not checkpoint.fits(dataset.class_names):
            start |= {"adapt": checkpoint.adapt, "head_version": head.VERSION, **recipe}
    frozen = frozen_start(config, model, seed)
    if frozen is not None:
        start = {"frozen": frozen.content, **given}
    return identity(
        {
            "data": dict(dataset.identity),
            "frontend": frontend.VERSION,
            **start,
            "threads": config.threads,
            **config.placement.decides(),
        }
    )


def sparsified_identity(config: Config, parent: str, label: str, groups: Sequence[str], seed: int) -> str:
    """The identity of a base model that is made from another by further training.

    Args:
        config: the sweep.
        parent: identity of the other.
        label: of the method.
        groups: those that a penalty is on; none for `plain`.
        seed: of data order, augmentation and dropout.
    """
    regulariser = parse_method(label)
    payload: dict[str, object] = {
        "parent": parent,
        "sparsify": label,
        "training": asdict(config.sparsify.recipe),
        "training_version": training.VERSION,
        "seed": seed,
    }
    if regulariser is not None:
        payload |= {"sparsify_version": regulariser.version, "groups": list(groups)}
    return identity(payload)


def _network(network: Network) -> dict[str, object]:
    """What tells a network from others: of Cnn14 the width, as ever."""
    if isinstance(network, Cnn14Network):
        return {"width": network.width}
    found: dict[str, object] = {"network": network.label, "network_version": network.version}
    front = network.frontend
    if not isinstance(front, frontend.FrontEnd):
        found["network_frontend"] = dict(identity_of(front))
    content = network_content(network)
    return found if content is None else {**found, "network_content": content}


class CellIdentities:
    """The identities of the cells of a configuration."""

    def __init__(self, config: Config, pruners: Mapping[str, Pruner]) -> None:
        self._config = config
        self._pruners = pruners
        self._criteria = {label: self._criterion(pruner) for label, pruner in pruners.items()}
        self._finetuning = Encoded.of(_finetuning(config))

    def of(
        self,
        cell: Cell,
        leader: str | None = None,
        *,
        several: bool = False,
        times: ModelTimes | None = None,
    ) -> str:
        """The identity of a cell.

        Args:
            cell: without one.
            leader: label of the criterion whose widths it takes.
            several: whether several layers compute a group of its scope, so that it matters how scores are joined.
            times: of the layers of its network, where its budget is by latency.
        """
        config, tuned = self._config, cell.finetune_scope != "none"
        told = cell.described()
        payload: dict[str, object] = {
            "identity": "",
            "base": cell.base.identity,
            **{name: value for name, value in told.items() if name not in WHERE_CHOSEN},
            "plan": VERSION,
            "threads": config.threads,
        }
        if cell.criterion is not None:
            payload |= self._criteria[cell.criterion]
        clips = config.recalibration_clips(cell.schedule)
        if clips and (cell.criterion or tuned):
            payload |= {"recalibration_clips": clips, "recalibration_version": recalibration.VERSION}
        if cell.control in FROM_SCRATCH:
            payload |= {"training": asdict(config.base.recipe), "training_version": training.VERSION}
        if cell.control == "scratch-macs":
            payload |= {"finetuning_budget": [config.finetune.steps, config.finetune.batch]}
        if tuned:
            payload |= {"finetuning": self._finetuning, "training_version": training.VERSION}
        if config.quantise is not None:
            payload |= {
                "quantise": config.quantise.model_dump(),
                "quantise_version": int8_graph.VERSION,
            }
        if cell.allocation != allocation.UNIFORM:
            payload |= {"allocation": told["allocation"], "allocation_version": allocation.VERSION}
        if isinstance(cell.allocation, allocation.Searched):
            payload |= {"search_versions": [candidates.VERSION, recalibration.VERSION]}
        if leader is not None:
            payload |= {"leader": [self._criteria[leader], config.prune.seeds[0]]}
        if several and (cell.criterion or leader or tuned):
            payload |= {"reduction": config.prune.reduction}
        if config.prune.divisor > 1 and cell.scope.layers:
            payload |= {"divisor": config.prune.divisor}
        if cell.counts is not None:
            payload |= {"counts": cell.counts}
        if cell.budget != "ratio":
            payload |= {"budget": cell.budget, "target": cell.target}
        if (
            times is not None
        ):  # under `uniform` the ratio says what was timed; whole models shape other allocations
            whole = dict(times.wholes).get((cell.scope.label, cell.target or 0.0))
            told_whole = None if whole is None else [whole.saved, whole.ms]
            payload |= {
                "latencies": [times.content, None if cell.allocation == allocation.UNIFORM else told_whole]
            }
        if cell.schedule != schedule.PLAIN:
            payload |= {"schedule": told["schedule"], "schedule_version": schedule.VERSION}
        return identity(payload)

    def _criterion(self, pruner: Pruner) -> dict[str, object]:
        found: dict[str, object] = {"criterion_version": pruner.version}
        content = content_hash(pruner)
        if content is not None:
            found |= {"criterion_content": content}
        if pruner.needs & COLLECTED:
            found |= {
                "calibration_clips": self._config.prune.calibration_clips,
                "calibration_version": calibration.VERSION,
            }
        return found


def _finetuning(config: Config) -> dict[str, object]:
    """What decides a fine-tuning: its recipe and how the rate is chosen, never the rest of the grid."""
    left_out = {"scopes", "schedules", "seeds", "evaluate_every", "at_scale", "converge"}
    payload = config.finetune.model_dump(mode="json", exclude=left_out)
    if config.finetune.converge is not None:
        payload |= {"converge": config.finetune.converge.model_dump(), "constant_version": converging.VERSION}
    if config.finetune.at_scale is not None:
        payload |= {"at_scale": config.finetune.at_scale.model_dump(), "full_version": full_recipe.VERSION}
    return payload | {
        "rate_seeds": [config.base.seeds[0], config.prune.seeds[0], config.finetune.seeds[0]],
        "random_version": config.prune.pruner("random").version,
    }
