"""What a network is: a plug-in class that builds, runs, loads and divides an architecture into groups of filters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.networks.contract.fitting import load_fitted
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.traced_before import traced_once
from prunebench.harness.networks.weight_checks import check_stored
from prunebench.pruners.label import Labelled

TRACED_FRAMES = 200  # more than one position is left behind six poolings


@dataclass(frozen=True)
class Network(Labelled, ABC):
    """The plug-in class of an architecture: a value whose fields are its parameters.

    Class attributes:
        name: what users type.
        reference: key in `references.bib`, or an empty string.
        version: raised when the same seed gives other weights or the same weights other outputs.
        tail: name of the module where the tail begins, which fine-tuning may train alone; `None` for no tail.
        stem: modules before the tail, which fine-tuning it leaves as they are; none where there is no tail.
        default_scope: what is pruned unless a scope is given.
        whole: modules beside the head that lose no filters.
    """

    name: ClassVar[str]
    reference: ClassVar[str] = ""
    version: ClassVar[int] = 1
    tail: ClassVar[str | None] = None
    stem: ClassVar[tuple[str, ...]] = ()
    default_scope: ClassVar[str] = "all"
    whole: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def frontend(self) -> Front:
        """What makes features (clips, frames, mels) of waveforms (clips, samples)."""

    @property
    @abstractmethod
    def head(self) -> tuple[str, ...]:
        """Modules that give the classes: never pruned, and replaced for other classes; the last one is linear."""

    @abstractmethod
    def build(self, n_classes: int, *, seed: int) -> nn.Module:
        """A new model in evaluation mode; the same seed gives the same weights, the global generator is left alone."""

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to logits (clips, classes), whose sigmoid is a probability."""
        found: Tensor = model.from_log_mel(features).logits  # type: ignore[operator]
        return found

    def stem_outputs(self, model: nn.Module, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to the one tensor (clips, …) that the tail reads.

        Raises:
            InputError: where the network has no tail.
        """
        raise self._without_tail()

    def from_stem(self, model: nn.Module, outputs: Tensor) -> Tensor:
        """What `stem_outputs` gave to logits (clips, classes), by the modules of the tail alone.

        Raises:
            InputError: where the network has no tail.
        """
        raise self._without_tail()

    def _without_tail(self) -> InputError:
        return InputError(
            f"Network `{self.label}` has no tail (a part that can be pruned and trained without the rest): use the "
            "scope `all`."
        )

    def groups_in_tail(self, groups: Sequence[Group]) -> tuple[str, ...]:
        """Names of the groups that lie in the tail: removing their filters leaves every tensor of the stem as it is."""
        if self.tail is None or not self.stem:
            return ()
        stem = tuple(f"{name}." for name in self.stem)
        return tuple(g.name for g in groups if not any(part.tensor.startswith(stem) for part in g.cuts))

    def n_classes(self, model: nn.Module) -> int:
        """The number of outputs."""
        return len(_last(model, self.head).weight)

    def load(self, state: Mapping[str, Tensor], n_classes: int | None = None) -> nn.Module:
        """A model with the tensors of a state dict, of the widths that these have, in evaluation mode.

        Raises:
            InputError: for names or shapes that are not those of this network, or other classes than `n_classes`.
        """
        own = f"{self.head[-1]}.weight"
        if own not in state:
            raise InputError(
                f"A checkpoint of {self.label} must contain `{own}`. It does not: name the network with "
                "`--network`."
            )
        check_stored(state, f"a checkpoint of {self.label}")
        shape = tuple(state[own].shape)
        if len(shape) < 2 or not shape[0]:
            raise InputError(
                f"A checkpoint of {self.label} must have a row of `{own}` for each class. Found the shape {shape}: it "
                "was damaged, or belongs to another network."
            )
        classes = shape[0]
        if n_classes is not None and classes != n_classes:
            raise InputError(f"The checkpoint must have {n_classes} classes. Found {classes}.")
        model = load_fitted(self.build(classes, seed=0), state, self.label)
        try:
            with torch.no_grad():
                self.logits(model, self.example(model))
        except RuntimeError as error:
            raise InputError(
                f"The tensors of a checkpoint of {self.label} must fit together. Found "
                f"{' '.join(str(error).split()):.200}: it was damaged, or belongs to another network."
            ) from error
        return model

    def check_unlabelled(self, model: nn.Module) -> None:
        """Refuse a model that was read from a file which names no network, where its tensors leave open which it is.

        Args:
            model: as `load` gave it; a network whose names and shapes say all has nothing to refuse.

        Raises:
            InputError: that says what to name.
        """

    def example(self, model: nn.Module) -> Tensor:
        """Features that the model is traced on: (1, frames, mels)."""
        device = next(model.parameters()).device
        return torch.zeros(1, TRACED_FRAMES, self.frontend.mels, device=device)

    def groups(self, model: nn.Module) -> tuple[Group, ...]:
        """The groups of filters that can be removed, in the order of the network."""
        from prunebench.harness.networks.groups.traced_groups import traced_groups  # it imports torch-pruning

        def trace() -> tuple[Group, ...]:
            return traced_groups(model, self.example(model), self.logits, head=(*self.whole, *self.head))

        return traced_once(self, model, trace)

    def parse_scope(self, text: str, groups: Sequence[Group]) -> tuple[str, ...]:
        """Names of the groups of a scope, in the order of the network.

        Args:
            text: `"all"`; `"inner"` for groups whose filters one layer computes; `"tail"` for those in the tail, which
                fine-tuning may train alone; or names of groups, separated by commas.
            groups: of the model.

        Raises:
            InputError: for a name that is none of these.
        """
        names = [group.name for group in groups]
        if text == "all":
            return tuple(names)
        if text == "inner":
            return tuple(group.name for group in groups if len(group.writers) == 1)
        if text == "tail" and text not in names:
            within = self.groups_in_tail(groups)
            if not within:
                raise self._without_tail()
            return within
        chosen = {part.strip() for part in text.split(",")}
        for name in sorted(chosen - set(names)):
            near = nearest(name, ["all", "inner", "tail", *names])
            raise InputError(
                f"A scope of {self.label} is `all`, `inner`, `tail` or names of its groups. Found `{name}`; {near}"
            )
        return tuple(name for name in names if name in chosen)

    def with_new_head(self, model: nn.Module, n_classes: int, *, seed: int) -> nn.Module:
        """A new model for other classes: the head is that of a new model of this seed, the rest is copied."""
        new = self.build(n_classes, seed=seed)
        heads = tuple(f"{name}." for name in self.head)
        kept = {key: value for key, value in model.state_dict().items() if not key.startswith(heads)}
        own = {key: value for key, value in new.state_dict().items() if key.startswith(heads)}
        return load_fitted(new, {**kept, **_read_alike(own, model.state_dict())}, self.label)


def _read_alike(new: Mapping[str, Tensor], old: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """New weights of a head for as many inputs as the old ones read; a pruned model has fewer than a new one."""
    return {
        key: value[:, : old[key].shape[1]].clone() if value.ndim > 1 and key in old else value
        for key, value in new.items()
    }


def _last(model: nn.Module, head: Sequence[str]) -> nn.Linear | nn.Conv1d | nn.Conv2d:
    found = model.get_submodule(head[-1])
    if not isinstance(found, nn.Linear | nn.Conv1d | nn.Conv2d):
        raise InputError(
            f"The last module of a head must be a linear layer or a convolution. Found {type(found).__name__}."
        )
    return found
