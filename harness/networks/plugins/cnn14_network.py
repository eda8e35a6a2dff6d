"""Cnn14 as a network: its groups in closed form, by the names of its layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prunebench.eval.cost.geometry import SHORTEST_FRAMES
from prunebench.eval.errors import InputError
from prunebench.harness.networks.architecture import scaled_embedding, scaled_widths
from prunebench.harness.networks.cnn14 import Cnn14, at_least
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.width import check_width
from prunebench.harness.networks.frontend import FRONT_ENDS, SILENCE, FrontEnd
from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer
from prunebench.harness.networks.layers import DEFAULT_SCOPE, LAYERS, NAMED_SCOPES, TAIL_BLOCK, parse_scope
from prunebench.harness.networks.state_dict import from_state_dict

_NORM = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Cnn14Network(Network):
    """Six blocks of two 3×3 convolutions; the tagger of E-PANNs.

    Kong et al. 2020, Table I. Every layer C1 … C12 is a group with one writer and one reader.

    Args:
        width: times the published filters and embedding.
        sample_rate: of the waveforms: 32000, 16000 or 8000.
    """

    width: float = 1.0
    sample_rate: int = 32000

    name: ClassVar[str] = "cnn14"
    reference: ClassVar[str] = "kong2020panns"
    tail: ClassVar[str | None] = f"conv_block{TAIL_BLOCK}"
    stem: ClassVar[tuple[str, ...]] = ("bn0", *(f"conv_block{number}" for number in range(1, TAIL_BLOCK)))
    default_scope: ClassVar[str] = DEFAULT_SCOPE

    def __post_init__(self) -> None:
        if self.sample_rate not in FRONT_ENDS:
            raise InputError(
                f"Parameter `sample_rate` must be one of {', '.join(map(str, FRONT_ENDS))}. Found `{self.sample_rate}`."
            )
        check_width(self.width)

    @property
    def frontend(self) -> FrontEnd:
        """PANNs' log-mels at the sample rate."""
        return FRONT_ENDS[self.sample_rate]

    @property
    def head(self) -> tuple[str, ...]:
        """The classifier; the embedding before it stays whole, as in E-PANNs."""
        return ("fc_audioset",)

    def build(self, n_classes: int, *, seed: int) -> Cnn14:
        """A new Cnn14."""
        widths, embedding = scaled_widths(self.width), scaled_embedding(self.width)
        return Cnn14(widths, n_classes, embedding, seed=seed, sample_rate=self.sample_rate).eval()

    def load(self, state: Mapping[str, Tensor], n_classes: int | None = None) -> Cnn14:
        """A Cnn14 of any widths, rate and embedding, as the tensors say."""
        model = from_state_dict(state)
        if n_classes is not None and model.n_classes != n_classes:
            raise InputError(f"The checkpoint must have {n_classes} classes. Found {model.n_classes}.")
        return model

    def with_new_head(self, model: nn.Module, n_classes: int, *, seed: int) -> Cnn14:
        """A new model for other classes, of the model's own widths: so its classifier is drawn for what it reads."""
        model = _own(model)
        new = Cnn14(model.widths, n_classes, model.embedding, seed=seed, sample_rate=model.sample_rate)
        kept = {k: v for k, v in model.state_dict().items() if not k.startswith("fc_audioset.")}
        new.load_state_dict({**new.state_dict(), **kept})
        return new.eval()

    def stem_outputs(self, model: nn.Module, features: Tensor) -> Tensor:
        """What C1–C6 give, (clips, filters, frames / 8, mels / 8)."""
        return _own(model).stem(at_least(features, SHORTEST_FRAMES, SILENCE))

    def from_stem(self, model: nn.Module, outputs: Tensor) -> Tensor:
        """C7–C12 and the head."""
        return _own(model).head(_own(model).trunk(outputs)).logits

    def groups(self, model: nn.Module) -> tuple[Group, ...]:
        """C1 … C12."""
        return cnn14_groups(_own(model))

    def parse_scope(self, text: str, groups: Sequence[Group] = ()) -> tuple[str, ...]:
        """`"C7-C12"`, `"C8"`, `"C1-C3,C12"`; `"all"` and `"inner"` are C1–C12, `"tail"` is C7–C12."""
        return parse_scope(NAMED_SCOPES.get(text, text))


def _own(model: nn.Module) -> Cnn14:
    """The model as a Cnn14 of this package.

    Raises:
        InputError: for another one.
    """
    if isinstance(model, Cnn14):
        return model
    raise InputError(
        "Network `cnn14` takes only models of the class `prunebench.harness.Cnn14`. Found a "
        f"{type(model).__name__}: give "
        '`network=harness.traced(head=("…",))`, or read its weights with `harness.load_checkpoint`.'
    )


def cnn14_groups(model: Cnn14) -> tuple[Group, ...]:
    """C1 … C12 of a model; with a filter go its batch norm and an input of the next convolution or of `fc1`."""
    return tuple(_group(index, width) for index, width in enumerate(model.widths))


def _group(index: int, width: int) -> Group:
    convolution, norm = _names(index)
    reader = _names(index + 1)[0] if index + 1 < len(LAYERS) else "fc1"
    cuts = (
        Cut(f"{convolution}.weight", 0),
        *(Cut(f"{norm}.{tensor}", 0) for tensor in _NORM),
        Cut(f"{reader}.weight", 1),
    )
    writer = Writer(convolution, norm, norm, "relu")
    return Group(LAYERS[index], (writer,), (reader,), width, cuts)


def _names(index: int) -> tuple[str, str]:
    block, second = divmod(index, 2)
    return f"conv_block{block + 1}.conv{second + 1}", f"conv_block{block + 1}.bn{second + 1}"
