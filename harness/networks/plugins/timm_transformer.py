"""`timm:vit_…`: the plain vision transformers of timm, on log-mels; the hidden units of their MLPs can be removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.network import TRACED_FRAMES
from prunebench.harness.networks.groups.exactness import check_exact
from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer
from prunebench.harness.networks.groups.nonlinearities import ACTIVATIONS
from prunebench.harness.networks.groups.traceable import check_traceable
from prunebench.harness.networks.plugins import timm_positions
from prunebench.harness.networks.plugins.timm_models import create, mlps
from prunebench.harness.networks.plugins.timm_network import TimmNetwork

TEN_SECONDS = 1001  # frames of PANNs' front end and EfficientAT's
POSITIONS = "pos_embed"


@dataclass(frozen=True)
class TimmTransformer(TimmNetwork):
    """A plain vision transformer of timm (extra `timm`), by its name there: `timm:vit_tiny_patch16_224`.

    Dosovitskiy et al. 2021; as an audio tagger, Gong, Chung & Glass 2021. It has a position for every patch of a clip
    of `frames`, the last patches filled with zeros. A shorter clip takes the first positions, as in PaSST.

    Args:
        name, mels: as in `TimmNetwork`.
        frames: of the longest clip.
    """

    frames: int = TEN_SECONDS

    default_scope: ClassVar[str] = "mlp"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.frames, bool) or not isinstance(self.frames, int) or self.frames < 1:
            raise InputError(f"Parameter `frames` must be a whole number above 0. Found `{self.frames!r}`.")

    @property
    def grid(self) -> tuple[int, int]:
        """Patches of the longest clip, along frames and mels."""
        assert self.architecture.patch is not None
        rows, columns = self.architecture.patch
        return -(-self.frames // rows), -(-self.mels // columns)

    def _create(self, n_classes: int) -> nn.Module:
        assert self.architecture.patch is not None
        size = tuple(n * side for n, side in zip(self.grid, self.architecture.patch, strict=True))
        model = create(
            self.architecture.name, n_classes, img_size=size, dynamic_img_size=True, dynamic_img_pad=True
        )
        model.__class__ = timm_positions.ClipTransformer
        return model

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to logits (clips, classes).

        Raises:
            InputError: for more than `frames` frames.
        """
        frames: Any = features.shape[1]
        if not isinstance(frames, Tensor) and frames > self.frames:  # a tensor while a graph is traced
            raise InputError(
                f"`{self.label}` has positions for {self.frames} frames. Found a clip of {frames}: train the "
                f"network under the name `{self.name}[frames={frames}]`, or give shorter clips."
            )
        return super().logits(model, features)

    def example(self, model: nn.Module) -> Tensor:
        """Features of 2 s, or of the longest clip where that is shorter: (1, frames, mels)."""
        return super().example(model)[:, : min(TRACED_FRAMES, self.frames)]

    def groups(self, model: nn.Module) -> tuple[Group, ...]:
        """The hidden units of each block's MLP: removing them equals masking them. For attention heads it would not."""
        check_traceable(model)
        groups = tuple(_group(name, model.get_submodule(name)) for name in mlps(model))
        modes = [(module, module.training) for module in model.modules()]
        try:
            check_exact(
                model.eval(),
                groups,
                self.example(model),
                self.logits,
                wrong="The hidden units that prunebench finds in the MLPs are wrong",
                advice="choose another network, because prunebench cannot prune this one",
            )
        finally:
            for module, training in modes:
                module.training = training
        return groups

    def parse_scope(self, text: str, groups: Sequence[Group]) -> tuple[str, ...]:
        """`"mlp"` is all groups; else as every network."""
        return super().parse_scope("all" if text == "mlp" else text, groups)

    def load(self, state: Mapping[str, Tensor], n_classes: int | None = None) -> nn.Module:
        """As `TimmNetwork`; positions of a square image of any size are resampled to the patches of the clip."""
        given = state.get(POSITIONS)
        own = self.build(1, seed=0)
        wanted = own.get_parameter(POSITIONS)
        if isinstance(given, Tensor) and given.ndim == 3 and given.shape[1] != wanted.shape[1]:
            state = {**state, POSITIONS: self._resampled(given, wanted.shape[1])}
        return super().load(state, n_classes)

    def _resampled(self, positions: Tensor, wanted: int) -> Tensor:
        """Positions (1, n, channels) of a square image, resampled to the patches of the clip."""
        from timm.layers import resample_abs_pos_embed

        rows, columns = self.grid
        prefix = wanted - rows * columns
        side = round(max(positions.shape[1] - prefix, 0) ** 0.5)
        if not side or side * side != positions.shape[1] - prefix:
            raise InputError(
                f"`{POSITIONS}` of a checkpoint of {self.label} must have {wanted} positions, or as many as a square "
                f"image needs. Found {positions.shape[1]}: give the `frames` and `mels` of the training, as in "
                f"`{self.name}[frames=…,mels=…]`."
            )
        found: Tensor = resample_abs_pos_embed(
            positions, [rows, columns], [side, side], num_prefix_tokens=prefix
        )
        return found


def _group(name: str, mlp: nn.Module) -> Group:
    first, second = f"{name}.fc1", f"{name}.fc2"
    cuts = [Cut(f"{first}.{tensor}", 0) for tensor, _ in mlp.get_submodule("fc1").named_parameters()]
    called = type(mlp.get_submodule("act")).__name__.lower()
    activation = called if called in ACTIVATIONS else "identity"
    units = len(mlp.get_parameter("fc1.weight"))
    writer = Writer(first, None, first, activation)
    return Group(first, (writer,), (second,), units, (*cuts, Cut(f"{second}.weight", 1)))
