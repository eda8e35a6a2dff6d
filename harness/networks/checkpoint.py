"""Reading and writing Cnn14 checkpoints; code in a file is never run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.eval.text.given import path_of, told
from prunebench.harness.networks.about import About, about_of
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.provenance import Provenance
from prunebench.harness.networks.state_dict import from_state_dict
from prunebench.harness.networks.weight_files import WeightFile, check_style, read_weights, write_weights
from prunebench.harness.networks.wrapped_state import unwrapped


@dataclass(frozen=True)
class Checkpoint:
    """A model and what its file says about it.

    Args:
        model: on the CPU, in evaluation mode.
        class_names: of its outputs, where the file has them.
        provenance: how it was made, where the file says it.
        precision: of the floating-point tensors in the file, `"float32"` or several names joined by ` and `; the
            model has float32.
        wrapping: what stood around the state dict, in words, and masks that were multiplied in; empty for none.
    """

    model: Cnn14
    class_names: tuple[str, ...] | None = None
    provenance: Provenance | None = None
    precision: str = "float32"
    wrapping: str = ""

    @property
    def n_classes(self) -> int:
        """Number of the model's outputs."""
        return self.model.n_classes


def load_checkpoint(path: Path | str) -> Cnn14:
    """The model of `read_checkpoint`."""
    return read_checkpoint(path).model


def read_checkpoint(path: Path | str) -> Checkpoint:
    """A Cnn14 from a file; widths are read off the tensors.

    Read are PANNs' files, plain state dicts as E-PANNs', safetensors, own files, and what training frameworks make
    of them (`prunebench.harness.networks.wrapped_state`), in any floating-point precision.

    Raises:
        InputError: for a missing, truncated or foreign file, one that would need code to be run, one named after
            another network with the same tensors, weights that are not finite, or an own file that says other than
            its tensors.
    """
    file = path_of(path, "A checkpoint", "model.pth")
    return checkpoint_of(file, read_weights(file))


def checkpoint_of(file: Path, weights: WeightFile) -> Checkpoint:
    """A Cnn14 from what `read_weights` found in a file; errors as `read_checkpoint`."""
    found, about = weights
    origin = f"`{file}`"
    if about is None:
        _check_name(file)
    elif about.get("network") is not None:
        raise InputError(
            f"Only a checkpoint of a Cnn14 can be read here. {origin} is of the network "
            f"`{about['network']!s:.60}`, which `prunebench prune`, `score`, `measure`, `tag` and `export` read."
        )
    state, wrapping = unwrapped(found, origin)
    model = from_state_dict(state, origin)
    read = Checkpoint(model, precision=precision_of(state), wrapping=wrapping)
    if about is None:
        return read
    names, provenance = words_of(
        about_of(about, origin), list(model.widths), model.n_classes, origin, embedding=model.embedding
    )
    return replace(read, class_names=names, provenance=provenance)


def words_of(
    said: About,
    widths: list[int] | dict[str, int],
    n_classes: int,
    origin: str,
    *,
    embedding: int | None = None,
) -> tuple[tuple[str, ...] | None, Provenance | None]:
    """Class names and provenance of an own file whose words fit its tensors.

    Raises:
        InputError: for other widths, classes or embedding than the tensors', or another number of names than classes.
    """
    for what, named, found in (
        ("widths", said.widths, widths),
        ("classes", said.n_classes, n_classes),
        ("embedding", said.embedding, embedding),
    ):
        if named is not None and named != found:
            raise InputError(
                f"A checkpoint must have the {what} that it states. {origin} states {named!s:.60}, its tensors "
                f"have {found!s:.60}: it was changed or damaged."
            )
    if said.class_names is not None:
        _check_names(said.class_names, n_classes, origin)
    return (
        None if said.class_names is None else tuple(said.class_names),
        None if said.provenance is None else said.provenance.provenance(),
    )


def _check_name(file: Path) -> None:
    """Refuse the networks of PANNs that have Cnn14's tensors and another forward pass, told by their names alone."""
    names = (file.name, file.resolve().name)
    if any("decisionlevel" in re.sub(r"[^a-z]", "", name.lower()) for name in names):
        raise InputError(
            f"The name of `{file}` says that it is a Cnn14_DecisionLevel. This network has the same tensors as Cnn14, "
            "but scores each frame separately: for Cnn14_DecisionLevelMax, give `--network cnn14_decision_level_max`; "
            "if the name is wrong, rename the file."
        )


def precision_of(state: Mapping[str, Any]) -> str:
    """Types of the floating-point tensors of a state dict, joined by ` and `."""
    types = {str(value.dtype).removeprefix("torch.") for value in state.values() if value.is_floating_point()}
    return " and ".join(sorted(types))


def save_checkpoint(
    model: Cnn14,
    path: Path | str,
    *,
    style: str = "state-dict",
    class_names: Sequence[str] | None = None,
    provenance: Provenance | None = None,
) -> None:
    """A model in a file that is whole or absent.

    Args:
        model: to save.
        path: of the file.
        style: one of `STYLES`; `"state-dict"` and `"panns"` hold weights alone.
        class_names: of the outputs, for the styles that have room for them.
        provenance: how the model was made, likewise.

    Raises:
        InputError: for another model than a Cnn14, an unknown style, or another number of names than outputs.
    """
    found: object = model
    if not isinstance(found, Cnn14):
        raise InputError(
            f"`save_checkpoint` writes a Cnn14. Found a {type(found).__name__}: keep the whole module with "
            "`torch.save(model, path)`, or its weights with `torch.save(model.state_dict(), path)`."
        )
    about: dict[str, Any] = {
        "widths": list(model.widths),
        "n_classes": model.n_classes,
        "embedding": model.embedding,
    }
    write_checkpoint(model, path, style, about, class_names, provenance)


def write_checkpoint(
    model: nn.Module,
    path: Path | str,
    style: str,
    about: dict[str, Any],
    class_names: Sequence[str] | None,
    provenance: Provenance | None,
) -> None:
    """As `save_checkpoint`, of any network.

    Args:
        model, path, style, class_names, provenance: as there.
        about: what an own file says of the model besides; it has `n_classes`.
    """
    check_style(style)
    if isinstance(class_names, str):
        raise InputError(
            f"The names of classes must be a list with a name for each output. Found the text {told(class_names)}."
        )
    if class_names is not None:
        _check_names(class_names, about["n_classes"], "the list given")
        about = {**about, "class_names": list(class_names)}
    if provenance is not None:
        about = {**about, "provenance": provenance.as_json()}
    with whole_file(path_of(path, "A checkpoint", "model.pth")) as stream:
        write_weights(stream, model.state_dict(), style, about)


def _check_names(names: Sequence[object], n_classes: int, origin: str) -> None:
    if len(names) != n_classes or not all(isinstance(name, str) for name in names):
        text = "" if all(isinstance(name, str) for name in names) else ", not all of them text"
        raise InputError(
            f"A model must have one class name, as text, for each of its {n_classes} outputs. Found {len(names)} "
            f"name{'s' * (len(names) != 1)} in {origin}{text}: correct the names."
        )
