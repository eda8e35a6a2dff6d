"""Names of a model's outputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prunebench.eval.errors import InputError
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.tables.class_list import read_class_list

AUDIOSET = "audioset"  # AudioSet's list, where a file of classes is asked for


class NamedClasses(Protocol):
    """A model in a file, of any network: how many outputs it has, and what the file calls them."""

    @property
    def n_classes(self) -> int: ...  # noqa: D102
    @property
    def class_names(self) -> tuple[str, ...] | None: ...  # noqa: D102


def class_names(checkpoint: NamedClasses, labels: Path | None = None) -> tuple[str, ...]:
    """Names from a file, else those in the checkpoint, else AudioSet's for 527 outputs, else numbers.

    Args:
        checkpoint: the model.
        labels: a list of classes, as `read_class_list` takes it.

    Raises:
        InputError: for a file that cannot be read, or another number of names than outputs.
    """
    outputs = checkpoint.n_classes
    if labels is not None:
        names = tuple(listed.name for listed in read_class_list(labels))
        if len(names) != outputs:
            raise InputError(
                f"A list of classes must have one name for each of the model's {outputs} outputs. Found {len(names)} "
                f"in `{labels}`: give the list of this model."
            )
        return names
    return known_class_names(checkpoint) or tuple(f"class {number}" for number in range(outputs))


def class_list(named: str) -> tuple[str, ...]:
    """The classes of a list, in the order of a model's outputs.

    Args:
        named: `AUDIOSET` for PANNs' 527, else the path of a file that `read_class_list` takes.

    Raises:
        InputError: as `read_class_list`.
    """
    if named == AUDIOSET:
        return tuple(found.name for found in audioset_classes())
    return tuple(listed.name for listed in read_class_list(Path(named).expanduser()))


def known_class_names(checkpoint: NamedClasses) -> tuple[str, ...] | None:
    """Names in the checkpoint, else AudioSet's for 527 outputs."""
    if checkpoint.class_names is None and checkpoint.n_classes == len(audioset_classes()):
        return tuple(found.name for found in audioset_classes())
    return checkpoint.class_names


def check_classes(checkpoint: NamedClasses, names: Sequence[str], origin: str) -> None:
    """Refuse a data set whose classes are not those of a model, in the same order.

    Args:
        checkpoint: the model; its names are compared where it has any, else their number alone.
        names: of the data set's classes.
        origin: what the data set is called.

    Raises:
        InputError: naming the first class that differs.
    """
    own = checkpoint.class_names
    if checkpoint.n_classes != len(names):
        raise InputError(
            f"Model and data set must have the same classes. Found {checkpoint.n_classes} outputs and "
            f"{len(names)} classes of `{origin}`: choose other data, or map its classes with the option `class_map`."
        )
    unequal = [index for index, name in enumerate(own or ()) if name != names[index]]
    if own is not None and unequal:
        first = unequal[0]
        raise InputError(
            f"Model and data set must have the same classes in the same order. Found {len(unequal)} that "
            f"differ{'s' * (len(unequal) == 1)}: class {first} (the first is 0) is `{own[first]}` in the model and "
            f"`{names[first]}` in `{origin}`. Choose other data, or map its classes with the option `class_map`."
        )
