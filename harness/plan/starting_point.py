"""Where a sweep starts from: a model of a width trained here, or a user's checkpoint."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prunebench.eval.errors import InputError
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.data import DataSet
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.file_hash import kept_hash
from prunebench.harness.networks.plugins.any_checkpoint import TaggerCheckpoint, read_any_checkpoint
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.training.head import check_trained_alone


@dataclass(frozen=True)
class StartingPoint:
    """A user's model.

    Args:
        path: of the file; moving it changes no result.
        content: hash of its bytes.
        adapt: what is trained where the classes differ: `"head"`, the new classifier alone, or `"all"`;
            `"none"` refuses other classes.
        network: label of the network that the file is of.
        files: Python files that define networks.
    """

    path: str
    content: str
    adapt: Literal["head", "all", "none"] = "head"
    network: str = Cnn14Network.name
    files: tuple[str, ...] = ()

    def load(self) -> Tagger:
        """The model.

        Raises:
            InputError: for a file that is no checkpoint, or another one than when the plan was made.
        """
        if content_of_file(Path(self.path)) != self.content:
            raise InputError(f"The checkpoint `{self.path}` changed during the run: run again.")
        return self._read().tagger

    def fits(self, class_names: tuple[str, ...]) -> bool:
        """Whether its classes are those of a data set, so that it is used as it is.

        They are where the file names the same ones in the same order, or names none and has as many outputs.
        """
        outputs, names = _said(self.path, self.content, self.network, self.files)
        return len(class_names) == outputs and names in (None, class_names)

    def unpruned(self, dataset: DataSet) -> Tagger:
        """The model with as many outputs as a data set has classes; those of a new head are not trained.

        Raises:
            InputError: for a data set of another sample rate, of other classes where these are refused, or a head that
                cannot be trained alone where it is to be.
        """
        found = self._read()
        rate, network = found.tagger.network.frontend.sample_rate, found.tagger.network
        if rate != dataset.sample_rate:
            raise InputError(
                f"The model and the data set must have the same sample rate. Found `{self.path}` for {rate} Hz and "
                f"`{dataset.label}` at {dataset.sample_rate} Hz: set `data.sample_rate = {rate}`, "
                "which resamples recordings."
            )
        if self.adapt == "none" and not self.fits(dataset.class_names):
            raise InputError(
                f"A checkpoint must have the classes of its data set. Found {_classes(found, dataset)}: use other "
                "data, or leave out `model.adapt`, so that a new classifier is trained."
            )
        if (
            self.adapt == "head"
            and not self.fits(dataset.class_names)
            and not isinstance(network, Cnn14Network)
        ):
            check_trained_alone(found.tagger)
        if found.tagger.n_classes == len(dataset.class_names):
            return found.tagger
        return Tagger(network, network.with_new_head(found.tagger.model, len(dataset.class_names), seed=0))

    def _read(self) -> TaggerCheckpoint:
        named = None if self.network == Cnn14Network.name else self.network
        found = read_any_checkpoint(self.path, named, self.files)
        own = found.tagger.network
        if named is None and not isinstance(own, Cnn14Network):
            raise InputError(
                f"`model.network` must be that of `model.checkpoint`. `{self.path}` is of the network `{own.label}`: "
                f'set `model.network = "{own.label}"`.'
            )
        return found


def starting_point(model: ModelSection) -> StartingPoint | None:
    """The checkpoint of a configuration, `None` for a model trained here.

    Raises:
        InputError: for a file that is no checkpoint of the network.
    """
    if model.checkpoint is None:
        return None
    path = Path(model.checkpoint)
    if not path.is_file():
        fault = "is not a file" if path.exists() else "does not exist"
        published = model.network == Cnn14Network.name
        advice = (
            "`prunebench data cnn14` fetches the published one"
            if published
            else "name the file of a checkpoint"
        )
        raise InputError(f"`model.checkpoint` names `{path}`, which {fault}: {advice}.")
    found = StartingPoint(str(path), content_of_file(path), model.adapt, model.network, model.files)
    _said(found.path, found.content, found.network, found.files)
    return found


def content_of_file(path: Path) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of a file; a file that does not change is read once."""
    return kept_hash(path)[:16]


def _classes(found: TaggerCheckpoint, dataset: DataSet) -> str:
    outputs, columns = found.tagger.n_classes, len(dataset.class_names)
    if found.class_names is None or outputs != columns:
        return f"{outputs} outputs and {columns} classes in `{dataset.label}`"
    pairs = enumerate(zip(found.class_names, dataset.class_names, strict=True))
    number, (one, other) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
    return f"output {number} named `{one}` and class {number} of `{dataset.label}` named `{other}`"


@functools.lru_cache(maxsize=16)
def _said(
    path: str, content: str, network: str, files: tuple[str, ...]
) -> tuple[int, tuple[str, ...] | None]:
    """Number and names of the classes of a file; the tensors are not kept."""
    found = StartingPoint(path, content, network=network, files=files)._read()
    return found.tagger.n_classes, found.class_names
