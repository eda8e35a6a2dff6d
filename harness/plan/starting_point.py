"""Where a sweep starts from: a model of a width trained here, or a user's checkpoint."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from prunebench.eval.errors import InputError
from prunebench.harness.config.other_tables import ModelSection
from prunebench.harness.data import DataSet
from prunebench.harness.networks.architecture import Architecture, scaled_embedding, scaled_widths
from prunebench.harness.networks.checkpoint import load_checkpoint, read_checkpoint
from prunebench.harness.networks.cnn14 import Cnn14


@dataclass(frozen=True)
class StartingPoint:
    """A user's model.

    Args:
        path: of the file; moving it changes no result.
        content: hash of its bytes.
        adapt: what is trained where the classes differ: `"head"`, the new classifier alone, or `"all"`;
            `"none"` refuses other classes.
    """

    path: str
    content: str
    adapt: Literal["head", "all", "none"] = "head"

    def load(self) -> Cnn14:
        """The model.

        Raises:
            InputError: for a file that is no checkpoint, or another one than when the plan was made.
        """
        if content_of_file(Path(self.path)) != self.content:
            raise InputError(
                f"A checkpoint must stay as it is while a run is under way. Found `{self.path}` changed: run again."
            )
        return load_checkpoint(self.path)

    def fits(self, class_names: tuple[str, ...]) -> bool:
        """Whether its classes are those of a data set, so that it is used as it is.

        They are where the file names the same ones in the same order, or names none and has as many outputs.
        """
        found = _read(self.path, self.content)
        return len(class_names) == found.model.n_classes and found.class_names in (None, class_names)

    def unpruned(self, dataset: DataSet) -> Architecture:
        """The shape of the unpruned model on a data set.

        Raises:
            InputError: for a data set of another sample rate, or of other classes where these are refused.
        """
        found = _read(self.path, self.content)
        if found.model.sample_rate != dataset.sample_rate:
            raise InputError(
                f"A checkpoint must have the front end of its data set. Found `{self.path}` for "
                f"{found.model.sample_rate} Hz and `{dataset.label}` at {dataset.sample_rate} Hz."
            )
        if self.adapt == "none" and not self.fits(dataset.class_names):
            raise InputError(
                f"A checkpoint must have the classes of its data set. Found {_classes(found, dataset)}: take other "
                "data, or let `model.adapt` train a new classifier."
            )
        return replace(found.model, n_classes=len(dataset.class_names))


def starting_point(model: ModelSection) -> StartingPoint | None:
    """The checkpoint of a configuration, `None` for a model trained here.

    Raises:
        InputError: for a file that is no checkpoint of a Cnn14.
    """
    if model.checkpoint is None:
        return None
    path = Path(model.checkpoint)
    if not path.is_file():
        raise InputError(
            f"`model.checkpoint` must be a file. Found none at `{path}`: `prunebench data cnn14` fetches the "
            "published one."
        )
    found = StartingPoint(str(path), content_of_file(path), model.adapt)
    _read(found.path, found.content)
    return found


def unpruned(model: ModelSection, dataset: DataSet) -> Architecture:
    """The shape of the unpruned model on a data set; errors as `starting_point`."""
    start = starting_point(model)
    if start is not None:
        return start.unpruned(dataset)
    n_classes = len(dataset.class_names)
    return Architecture(
        scaled_widths(model.width), scaled_embedding(model.width), n_classes, dataset.sample_rate
    )


def content_of_file(path: Path) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of a file; a file that does not change is read once."""
    found = path.stat()
    return _content(path, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _content(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


@dataclass(frozen=True)
class _Read:
    model: Architecture
    class_names: tuple[str, ...] | None


def _classes(found: _Read, dataset: DataSet) -> str:
    outputs, columns = found.model.n_classes, len(dataset.class_names)
    if found.class_names is None or outputs != columns:
        return f"{outputs} outputs and {columns} classes in `{dataset.label}`"
    pairs = enumerate(zip(found.class_names, dataset.class_names, strict=True))
    number, (one, other) = next((at, pair) for at, pair in pairs if pair[0] != pair[1])
    return f"output {number} named `{one}` and class {number} of `{dataset.label}` named `{other}`"


@functools.lru_cache(maxsize=4)
def _read(path: str, content: str) -> _Read:
    """What a file says of its model; the tensors are not kept."""
    found = read_checkpoint(path)
    model = found.model
    shape = Architecture(model.widths, model.embedding, model.n_classes, model.sample_rate)
    return _Read(shape, found.class_names)
