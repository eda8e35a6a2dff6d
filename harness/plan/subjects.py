"""What a sweep prunes: a network on a data set, with the scopes that its groups offer."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from prunebench.eval.errors import InputError
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.config.prune_table import EACH, OWN_SCOPE, PruneSection, cnn14_scopes
from prunebench.harness.config.training_tables import FinetuneScope
from prunebench.harness.data import DataSet
from prunebench.harness.data.features.making import fitting_front
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.counted_shape import CountedShape
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.plugins.budget_shape import shape_for
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.network_fit import check_network_fits
from prunebench.harness.plan.starting_point import starting_point


@dataclass(frozen=True)
class Subject:
    """A network on a data set.

    Args:
        data, model: places of the data set and of the table `[[model]]`.
        shape: of the unpruned model.
        scopes: of the grid.
        several: groups whose filters more than one layer computes.
    """

    data: int
    model: int
    shape: Shape
    scopes: tuple[Scope, ...]
    several: frozenset[str] = frozenset()

    @property
    def layers(self) -> tuple[str, ...]:
        """The groups of all scopes, in the order of the network."""
        wanted = {layer for scope in self.scopes for layer in scope.layers}
        return tuple(layer for layer in self.shape.groups if layer in wanted)

    def writes_several(self, scope: Scope) -> bool:
        """Whether several layers compute a group of a scope, so that their scores are joined."""
        return bool(self.several & set(scope.layers))


def pairs(scopes: Sequence[Scope], finetuned: Sequence[FinetuneScope]) -> list[tuple[Scope, FinetuneScope]]:
    """The (pruning scope, fine-tuning scope) pairs of a grid; `tail` goes with scopes in the tail alone.

    With the fine-tuning scope `none` a cell ends after surgery, or after recalibration.
    """
    return [
        (scope, finetune) for scope in scopes for finetune in finetuned if finetune != "tail" or scope.in_tail
    ]


def unpruned_tagger(section: ModelSection, dataset: DataSet) -> Tagger:
    """An unpruned model on a data set: of a user's checkpoint, or a new one of the network.

    Raises:
        InputError: for a checkpoint that cannot be used, or a network at another sample rate than the data.
    """
    start = starting_point(section)
    if start is not None:
        return start.unpruned(dataset)
    network = section.plugin(dataset.sample_rate)
    fitting_front(dataset, network.frontend)
    return _new(network.label, section.files, len(dataset.class_names))


@functools.lru_cache(maxsize=8)
def _new(label: str, files: tuple[str, ...], n_classes: int) -> Tagger:
    """Kept: a plan is made several times, and the groups of a network take seconds to find."""
    network = resolve_network(label, files)
    return Tagger(network, network.build(n_classes, seed=0))


def subject_of(
    section: ModelSection, prune: PruneSection, dataset: DataSet, places: tuple[int, int]
) -> Subject:
    """The subject of a table `[[model]]` on a data set.

    Args:
        section: the table.
        prune: the scopes.
        dataset: the data set.
        places: of data set and table.

    Raises:
        InputError: as `unpruned_tagger` and `check_network_fits`, and for a scope that the network does not have.
    """
    check_network_fits(section.plugin(dataset.sample_rate), len(dataset.class_names))
    tagger = unpruned_tagger(section, dataset)
    cnn14 = isinstance(tagger.network, Cnn14Network)
    named = section.label if cnn14 else None
    shape = shape_for(
        tagger, section.files, named, seconds=prune.clip_lengths, file=prune.asks_for_file_bytes
    )
    if prune.divisor > 1 or any(group.divisor > 1 for group in tagger.groups):
        multiples = tuple(math.lcm(group.divisor, prune.divisor) for group in tagger.groups)
        assert isinstance(shape, Architecture | CountedShape)
        shape = replace(shape, divisors=multiples)
    if cnn14:
        return Subject(*places, shape, cnn14_scopes(prune.scopes))
    in_tail = frozenset(tagger.network.groups_in_tail(tagger.groups))
    scopes: list[Scope] = []
    for text in prune.scopes:
        if text == EACH:
            scopes += [Scope(name, (name,), name in in_tail) for name in shape.groups]
            continue
        asked = tagger.network.default_scope if text == OWN_SCOPE else text
        try:
            groups = tagger.scope(asked)
        except InputError as error:
            if _is_of_cnn14(asked):
                raise InputError(
                    f"`prune.scopes`: `{asked}` is a scope of Cnn14, not of `{shape.network}`: give `default`, which "
                    "is each network's own scope, or `inner`, `all` or names of its groups."
                ) from error
            raise InputError(f"`prune.scopes`: {error}") from error
        scopes.append(Scope(asked, groups, set(groups) <= in_tail))
    several = frozenset(group.name for group in tagger.groups if len(group.writers) > 1)
    return Subject(*places, shape, tuple(dict.fromkeys(scopes)), several)


def _is_of_cnn14(text: str) -> bool:
    try:
        Scope.parse(text)
    except InputError:
        return False
    return True
