"""A network for any module that a user has in hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import told
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.frontend import PANNS
from prunebench.harness.networks.groups.filter_group import Group


@dataclass(frozen=True)
class TracedNetwork(Network):
    """A module whose groups are found by tracing it; it is pruned, not built."""

    modules: tuple[str, ...] = ()
    front: Front = PANNS
    run: Callable[[nn.Module, Tensor], Tensor] | None = None

    name: ClassVar[str] = "traced"

    @property
    def frontend(self) -> Front:
        """As given."""
        return self.front

    @property
    def head(self) -> tuple[str, ...]:
        """As given."""
        return self.modules

    def build(self, n_classes: int, *, seed: int) -> nn.Module:
        """None: a traced module is the user's."""
        raise InputError(
            "A traced network prunes the model that it is given and cannot build another. To train new models, "
            "write a class: subclass `prunebench.harness.networks.contract.Network`."
        )

    def groups(self, model: nn.Module) -> tuple[Group, ...]:
        """As traced; the head must give the logits."""
        from prunebench.harness.networks.groups.traced_groups import traced_groups  # it imports torch-pruning

        classes = (
            self.n_classes(model) if self.head and self.head[-1] in dict(model.named_modules()) else None
        )
        return traced_groups(model, self.example(model), self.logits, head=self.head, classes=classes)

    @property
    def label(self) -> str:
        """`"traced"`: what it was given is no text that could be read again."""
        return self.name

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        """By the function given; else the module is fed (clips, 1, mels, frames) and gives logits."""
        if self.run is not None:
            return self.run(model, features)
        found = model(features[:, None].transpose(2, 3))
        return found if isinstance(found, Tensor) else found.logits if hasattr(found, "logits") else found[0]


def traced(
    head: Sequence[str],
    frontend: Front = PANNS,
    forward: Callable[[nn.Module, Tensor], Tensor] | None = None,
) -> TracedNetwork:
    """A network for any `nn.Module`, whose groups of filters are found by tracing it.

    Args:
        head: names of the modules that give the classes, the last of them a linear layer; they are never pruned.
        frontend: what makes the features; PANNs' 64 log-mels at 32 kHz by default.
        forward: (model, features of shape (clips, frames, mels)) → logits (clips, classes); by default the model is
            given (clips, 1, mels, frames) and what it returns, its `logits` or its first item are the logits.

    Raises:
        InputError: for a head that is no names.

    Example:
        >>> from torch import nn
        >>> from prunebench import harness
        >>> pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), pool, nn.Linear(16, 10))
        >>> small = harness.prune(model, "l1", 0.5, network=harness.traced(head=("4",)))
        >>> small[2]
        Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1))
    """
    given: object = head
    heads = (head,) if isinstance(head, str) else tuple(head) if isinstance(given, Sequence) else ()
    if not heads or not all(isinstance(name, str) and name for name in heads):
        raise InputError(
            'A head must be a tuple of names of the modules that give the classes, such as `head=("classes",)`. Found '
            f"{told(given)}: take them from `model.named_modules()`."
        )
    return TracedNetwork(heads, frontend, forward)
