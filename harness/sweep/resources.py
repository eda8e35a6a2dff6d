"""Memory and storage of a sweep: memory of a worker, and bytes in the cache and in the run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prunebench.harness.config.config import Config
from prunebench.harness.data import SPLITS
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.model_shapes import new_tagger
from prunebench.harness.plan.plan import Plan
from prunebench.harness.sweep.feature_costs import FeatureCosts

PROCESS_BYTES = 600_000_000  # of Python, torch and what they load, before a model is there
TRAINED_BYTES = 20  # a parameter: weight, gradient, Adam's two moments, and the best weight so far
STATE_BYTES = 16  # a parameter of a training under way on disk: weight, two moments, the best weight so far
LOG_BYTES = 5_000  # a cell: its record, its outcome and its curve
FILTER_BYTES = 5  # a removed filter, whose number is written out
BOTH_LENGTHS = 2
KEPT_MODELS = 2  # of a training at full size: the last iterate and the best on validation clips


@dataclass(frozen=True)
class Resources:
    """Bytes, each figure an estimate.

    Args:
        worker: peak of memory of a worker, by what it goes into.
        cache: in the cache, by what it is.
        run: in the run folder, by what it is; test scores as they are before they are compressed.
    """

    worker: Mapping[str, int]
    cache: Mapping[str, int]
    run: Mapping[str, int]

    @property
    def worker_bytes(self) -> int:
        """Peak of memory of a worker."""
        return sum(self.worker.values())


@dataclass(frozen=True)
class ClipBytes:
    """What one clip takes in the unpruned model, float32.

    Args:
        kept: activations that a training step keeps for its backward pass.
        stem: what the stem gives, 0 where the network has no tail.
    """

    kept: int
    stem: int


def clip_bytes(tagger: Tagger, frames: int, mels: int) -> ClipBytes:
    """Of a clip of this size, found by shapes alone: nothing is computed and no activation is allocated."""
    tagger.model.to("meta").train()
    clips = torch.empty((2, frames, mels), device="meta")  # batch norms refuse one
    own = {parameter.untyped_storage()._cdata for parameter in tagger.model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if (place := tensor.untyped_storage()._cdata) not in own:
            kept[place] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = tagger.logits(clips)
    size = sum(tensor.untyped_storage().nbytes() for tensor in kept.values()) // len(clips)
    del outputs
    if tagger.network.tail is None:
        return ClipBytes(size, 0)
    with torch.no_grad():
        stem = tagger.stem_outputs(clips)
    return ClipBytes(size, stem.numel() * stem.element_size() // len(clips))


def resources_of(config: Config, plan: Plan, features: Sequence[FeatureCosts]) -> Resources:
    """What a plan takes with the workers of its configuration. Cells are assumed to share nothing."""
    sets = [opened(data) for data in config.data_sets()]
    by_subject = {plan.fed_as(each.subject): each for each in features}
    shapes = [subject.shape for subject in plan.subjects]
    maps = [by_subject[plan.fed_as(place)] for place in range(len(shapes))]
    clips = [
        clip_bytes(new_tagger(shape, seed=0), fed.frames, fed.mels)
        for shape, fed in zip(shapes, maps, strict=True)
    ]
    parameters = [round(shape.cost("parameters")) for shape in shapes]
    batch = max(config.base.recipe.batch, config.finetune.recipe(config.finetune.rates[0]).batch)
    hungriest = max(range(len(shapes)), key=lambda s: TRAINED_BYTES * parameters[s] + batch * clips[s].kept)
    targets = sum(dataset.split(split).targets.nbytes for dataset in sets for split in SPLITS)
    tuned_tails = {cell.base for cell in plan.cells if cell.finetune_scope == "tail"}
    lengths = BOTH_LENGTHS if config.finetune.long_recipe(config.finetune.rates[0]) is not None else 1
    share = {
        (place, scope, planned.ratio): shapes[place].share("parameters", planned.widths)
        for place, points in enumerate(plan.points)
        for scope, every in points.items()
        for planned in every
    }
    scores = removed = 0
    models = 4 * KEPT_MODELS * sum(parameters[base.subject] for base in plan.bases if config.base.at_scale)
    for cell in plan.cells:
        dataset = sets[cell.base.data]
        own = lengths if cell.finetune_scope != "none" else 1
        scores += own * 4 * len(dataset.test) * (shapes[cell.base.subject].n_classes + 1)
        if config.finetune.at_scale is not None and cell.finetune_scope != "none":
            stays = share.get((cell.base.subject, cell.scope.label, cell.ratio), 1.0)
            models += round(4 * KEPT_MODELS * stays * parameters[cell.base.subject])
        if cell.criterion:
            removed += round(cell.ratio * sum(shapes[cell.base.subject].filters(cell.scope.layers)))
    return Resources(
        worker={
            "Python and torch": PROCESS_BYTES,
            "weights and optimiser": TRAINED_BYTES * parameters[hungriest],
            f"activations of {batch} clips": batch * clips[hungriest].kept,
            "targets": targets,
        },
        cache={
            "features": sum(each.bytes for each in features),
            "base models": sum(4 * parameters[base.subject] for base in plan.bases),
            "outputs of stems": sum(maps[b.subject].clips * clips[b.subject].stem for b in tuned_tails),
            "trainings under way": max(1, config.workers) * STATE_BYTES * max(parameters),
        },
        run={
            "test scores": scores,
            "weights of full-size trainings": models,
            "records and other logs": LOG_BYTES * len(plan.cells) + FILTER_BYTES * removed,
        },
    )
