"""A model together with its network: what scoring, calibration and surgery are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from torch import Tensor, nn

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.eval.text.given import told
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.groups.filter_group import Group, Writer
from prunebench.harness.networks.groups.given_groups import check_given
from prunebench.harness.networks.groups.regrouped import regrouped


class Site(NamedTuple):
    """A writer and the group whose filters it writes."""

    group: Group
    writer: Writer


@dataclass(frozen=True, eq=False)
class Tagger:
    """A model and the network that it is of."""

    network: Network
    model: nn.Module

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups of the model, found once."""
        with foreign_code(f"Network `{self.network.label}` must name its groups"):
            found = tuple(self.network.groups(self.model))
            if not type(self.network).groups.__module__.startswith("prunebench."):
                # Traced ones are held against masking where they are found.
                example = self.network.example(self.model)
                check_given(self.model, found, example, self.network.logits)
            return found

    @cached_property
    def written_by(self) -> dict[str, str]:
        """Module → name of the group that it alone writes."""
        return {g.writers[0].module: g.name for g in self.groups if len(g.writers) == 1}

    @property
    def n_classes(self) -> int:
        """Number of outputs."""
        with foreign_code(f"Network `{self.network.label}` must state its classes"):
            return self.network.n_classes(self.model)

    def logits(self, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to logits (clips, classes)."""
        return self.network.logits(self.model, features)

    def stem_outputs(self, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to what the tail reads, (clips, …)."""
        return self.network.stem_outputs(self.model, features)

    def from_stem(self, outputs: Tensor) -> Tensor:
        """What `stem_outputs` gave to logits (clips, classes)."""
        return self.network.from_stem(self.model, outputs)

    def in_stem(self, name: str) -> bool:
        """Whether a module, parameter or buffer belongs to what is before the tail."""
        return any(name == part or name.startswith(f"{part}.") for part in self.network.stem)

    @property
    def widths(self) -> tuple[int, ...]:
        """Filters of each group."""
        return tuple(group.filters for group in self.groups)

    def without(self, removed: Mapping[str, Sequence[int]]) -> Tagger:
        """A new model without some filters, and its groups, which need not be found again.

        Args:
            removed: group → indices of filters; at least one must stay.

        Raises:
            ValueError: as `cut`.
        """
        return self.with_model(cut(self.model, self.groups, removed), regrouped(self.groups, removed))

    def with_model(self, model: nn.Module, groups: tuple[Group, ...]) -> Tagger:
        """Another model of the network, whose groups are known and need not be found."""
        new = Tagger(self.network, model)
        vars(new)["groups"] = groups  # where `cached_property` keeps what it found
        return new

    def scope(self, scope: str | Sequence[str] | None) -> tuple[str, ...]:
        """Names of groups; the network's own scope where none is given."""
        if not self.groups:
            raise InputError(
                "A model must have a group of filters that can be removed. Found none in "
                f"{type(self.model).__name__}: give the network a method `groups` that names the filters that must "
                "be removed together."
            )
        listed = isinstance(scope, Sequence) and all(isinstance(name, str) for name in scope)
        if scope is not None and not listed:
            raise InputError(
                f"A scope is text such as `{self.network.default_scope}`, or a list of names of groups. Found "
                f"{told(scope)}."
            )
        with foreign_code(f"Network `{self.network.label}` must read a scope"):
            text = self.network.default_scope if scope is None else scope
            named = text if isinstance(text, str) else ",".join(text)
            chosen = tuple(self.network.parse_scope(named, self.groups))
        if not chosen:
            raise InputError(
                f"The scope `{named}` contains none of the {len(self.groups)} groups of {self.network.label}: give "
                "`all` or names of groups (`inner` contains only groups whose filters one layer alone computes)."
            )
        return chosen

    def chosen(self, names: Sequence[str]) -> tuple[Group, ...]:
        """Groups by name.

        Raises:
            InputError: for a name that none has.
        """
        by_name = {group.name: group for group in self.groups}
        for name in names:
            if name not in by_name:
                raise InputError(
                    f"A layer must be one of {self.network.label}'s groups. Found `{name}`; "
                    f"{nearest(name, tuple(by_name))}"
                )
        return tuple(by_name[name] for name in names)


def module_of(model: nn.Module | Tagger) -> nn.Module:
    """The module itself."""
    return model.model if isinstance(model, Tagger) else model


def sites_of(groups: Sequence[Group], *, whole: bool = False) -> dict[str, Site]:
    """What a pruner is asked for: a group of one writer by its own name, the writers of others by theirs.

    Args:
        groups: of a model.
        whole: for a pruner with `whole_group`, each group once, by its own name, at its first writer.
    """
    if whole:
        return {group.name: Site(group, group.writers[0]) for group in groups}
    return {
        group.name if len(group.writers) == 1 else writer.module: Site(group, writer)
        for group in groups
        for writer in group.writers
    }
