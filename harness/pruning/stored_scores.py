"""`scores:DIR`: scores from files, as a pruner."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.pruning.score_files import (
    ScoreArray,
    content_of_files,
    read_constants,
    read_scores,
    score_files,
)
from prunebench.pruners.contract import LayerView, Pruner

PREFIX = "scores:"


@dataclass(frozen=True)
class StoredScores(Pruner):
    """Scores that were computed before; they belong to places in a layer, whatever its weights.

    Args:
        directory: the folder.
        content: hash of its files, so that other scores in the same place are another criterion.
    """

    name: ClassVar[str] = "scores"
    reference: ClassVar[str] = ""
    order_free: ClassVar[bool] = False
    directory: str
    content: str

    @property
    def label(self) -> str:
        """`"scores:DIR"`."""
        return PREFIX + self.directory

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, as the file has them.

        Raises:
            InputError: for a layer without a file, or a file of another length.
        """
        return torch.from_numpy(self.of_layer(layer.name, len(layer.weight))).to(layer.weight.device)

    def of_layer(self, layer: str, filters: int) -> ScoreArray:
        """Scores of a layer of that many filters; errors as `score`."""
        found = {name: held.scores for name, held in _read(Path(self.directory), self.content).items()}
        if layer not in found:
            raise InputError(
                f"`{self.label}` must contain a file `{layer}.npz`{_or_order(layer)}. Found files only for "
                f"{', '.join(found)}: score {layer} too, or leave it out of the scope."
            )
        if len(found[layer]) != filters:
            raise InputError(
                f"`{self.label}` must contain one score per filter. Found {len(found[layer])} for the {filters} "
                f"filters of layer {layer}: use scores of a model with these widths."
            )
        return found[layer].copy()

    def constants_of_layer(self, layer: str) -> ScoreArray | None:
        """The constants of the filters of a layer with scores, `None` if the file has none."""
        return _read(Path(self.directory), self.content)[layer].constants


def _or_order(layer: str) -> str:
    """The other name that a file of scores may have, which only layers of Cnn14 have."""
    return f" or `sim_index{layer[1:]}.npy`" if layer in LAYERS else ""


def stored_scores(directory: Path | str) -> StoredScores:
    """The pruner of a folder of scores.

    Raises:
        InputError: for a folder without scores, or a file that cannot be used.
    """
    content = content_of_files(score_files(Path(directory)))
    _read(Path(directory), content)
    return StoredScores(str(directory), content)


@functools.lru_cache(maxsize=32)
def _read(folder: Path, content: str) -> dict[str, _Held]:
    """Scores and constants of each layer that has a file; with other contents the same folder is read anew."""
    files = score_files(folder)
    if content_of_files(files) != content:
        raise InputError(f"The scores in `{folder}` changed while they were used: run again.")
    return {layer: _Held.of(layer, file) for layer, file in files.items()}


class _Held(NamedTuple):
    scores: ScoreArray
    constants: ScoreArray | None

    @classmethod
    def of(cls, layer: str, file: Path) -> _Held:
        scores, constants = read_scores(file), read_constants(file)
        if constants is not None and len(constants) != len(scores):
            raise InputError(
                f"A file of scores must contain as many constants as scores. Found {len(constants)} for the "
                f"{len(scores)} filters of layer {layer} in `{file}`: score it again."
            )
        return cls(scores, constants)
