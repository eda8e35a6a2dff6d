"""Reading and writing Cnn14 checkpoints; code in a file is never run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.provenance import Provenance
from prunebench.harness.networks.state_dict import from_state_dict
from prunebench.harness.networks.weight_files import check_style, read_weights, write_weights


@dataclass(frozen=True)
class Checkpoint:
    """A model and what its file says about it.

    Args:
        model: on the CPU, in evaluation mode.
        class_names: of its outputs, where the file has them.
        provenance: how it was made, where the file says it.
    """

    model: Cnn14
    class_names: tuple[str, ...] | None = None
    provenance: Provenance | None = None


def load_checkpoint(path: Path | str) -> Cnn14:
    """The model of `read_checkpoint`."""
    return read_checkpoint(path).model


def read_checkpoint(path: Path | str) -> Checkpoint:
    """A Cnn14 from a file; widths are read off the tensors.

    Read are PANNs' files (a dict with `model`), plain state dicts as E-PANNs', safetensors, and own files.

    Raises:
        InputError: for a missing, truncated or foreign file, one that would need code to be run, or an own one
            that says other than its tensors.
    """
    file = Path(path)
    state, about = read_weights(file)
    model = from_state_dict(dict(state), f"`{file}`")
    if about is None:
        return Checkpoint(model)
    if list(about.get("widths", ())) != list(model.widths):
        raise InputError(
            f"A checkpoint must have the widths that it names. `{file}` names {about.get('widths')}, its tensors "
            f"have {list(model.widths)}: it was changed or damaged."
        )
    names, provenance = about.get("class_names"), about.get("provenance")
    if names is not None:
        _check_names(names, model, f"`{file}`")
    return Checkpoint(
        model,
        None if names is None else tuple(names),
        None if provenance is None else Provenance.from_json(provenance),
    )


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
        InputError: for an unknown style, or another number of names than outputs.
    """
    check_style(style)
    if class_names is not None:
        _check_names(class_names, model, "the list given")
    about: dict[str, Any] = {
        "widths": list(model.widths),
        "n_classes": model.n_classes,
        "embedding": model.embedding,
    }
    if class_names is not None:
        about["class_names"] = list(class_names)
    if provenance is not None:
        about["provenance"] = provenance.as_json()
    with whole_file(Path(path)) as stream:
        write_weights(stream, model.state_dict(), style, about)


def _check_names(names: Sequence[object], model: Cnn14, origin: str) -> None:
    if len(names) != model.n_classes or not all(isinstance(name, str) for name in names):
        raise InputError(
            f"A model must have one name for each of its {model.n_classes} outputs. Found {len(names)} in {origin}."
        )
