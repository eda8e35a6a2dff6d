"""Files that hold weights: what is in them, and the four forms that are written. Code in a file is never run."""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.parsing import parsed_json

FORMAT = "prunebench"
SCHEMA_VERSION = 1
STYLES = {
    "prunebench": "weights, widths, class names and provenance; PANNs' own code loads it too",
    "panns": "a dict with the weights under `model`, as PANNs publishes them",
    "state-dict": "only the weights, as E-PANNs publishes them",
    "safetensors": "weights in safetensors, the rest as its metadata",
}
_OBJECT = re.compile(r"GLOBAL ([\w.]+) was not")  # in what torch says of a class that it would have to call
# What a training checkpoint of PANNs holds beside weights: arrays of its sampler.
_RECONSTRUCT = np.empty(0).__reduce__()[0]  # numpy's own, under its names before and since 2.0
_ARRAYS: list[Any] = [
    np.ndarray,
    np.dtype,
    (_RECONSTRUCT, "numpy.core.multiarray._reconstruct"),
    (_RECONSTRUCT, "numpy._core.multiarray._reconstruct"),
    *(type(np.dtype(name)) for name in ("bool", "int32", "int64", "float32", "float64")),
]


class WeightFile(NamedTuple):
    """What a file holds: a state dict or what wraps one, and what an own file says about it."""

    state: Mapping[Any, Any]
    about: Mapping[Any, Any] | None


def read_weights(path: Path) -> WeightFile:
    """What is in a torch file or in safetensors; own files are told apart by what is in them, not by their names.

    Raises:
        InputError: for a missing, truncated or foreign file, or one that would need code to be run.
    """
    if not path.is_file():
        if path.exists():
            raise InputError(f"`{path}` is not a file: give the file of a checkpoint.")
        raise InputError(f"There is no checkpoint `{path}`: check the path.")
    with path.open("rb") as stream:
        head = stream.read(9)
    # Eight bytes of a size and a JSON object; torch's own archives and pickles have no brace there.
    found = _read_safetensors(path) if head[8:9] == b"{" else _read_torch(path)
    if found.about is not None and found.about.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"A checkpoint of prunebench must have schema version {SCHEMA_VERSION}. Found "
            f"{found.about.get('schema_version')!r:.20} in `{path}`: it was written by another version of prunebench."
        )
    return found


def _read_torch(path: Path) -> WeightFile:
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_ARRAYS):
            # Foreign pickles are refused or read below; what torch says of its own internals is not the user's.
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = _OBJECT.search(str(error))
        what = (
            f"`{path}` contains `{named[1]:.60}`"
            if named
            else f"`{path}` contains other objects or is not a checkpoint"
        )
        raise InputError(
            f"{what}. A checkpoint may contain only tensors, because anything else could run code: save only the state "
            "dict."
        ) from error
    except Exception as error:  # the unpickler meets foreign bytes with errors of many kinds
        if "TorchScript" in str(error):
            raise InputError(
                f"A checkpoint must contain a state dict. `{path}` is a TorchScript program: save the state dict "
                "of the model that it was made from."
            ) from error
        raise InputError(
            f"A checkpoint must be a complete torch file. `{path}` cannot be read: fetch it again."
        ) from error
    if not isinstance(found, Mapping):
        raise InputError(
            f"A checkpoint must contain a state dict. Found a {type(found).__name__} in `{path}`: save "
            "`model.state_dict()`."
        )
    if found.get("format") != FORMAT:
        return WeightFile(found, None)
    state = found.get("model")
    if not isinstance(state, Mapping):
        raise InputError(
            f"A checkpoint must contain a state dict under `model`. Found a {type(state).__name__} in `{path}`: save "
            "the checkpoint again."
        )
    return WeightFile(state, {key: value for key, value in found.items() if key != "model"})


def _read_safetensors(path: Path) -> WeightFile:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            state: dict[str, Tensor] = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            said = file.metadata() or {}
        about = parsed_json(said[FORMAT]) if FORMAT in said else None
    except (SafetensorError, ValueError) as error:
        raise InputError(
            f"A checkpoint must be a complete safetensors file. `{path}` cannot be read ({error!s:.100}): fetch it "
            "again."
        ) from error
    if about is not None and not isinstance(about, dict):
        raise InputError(
            "The metadata of a checkpoint of prunebench must be a JSON object. Found a "
            f"{type(about).__name__} in `{path}`: save the checkpoint again."
        )
    return WeightFile(state, about)


def check_style(style: str) -> None:
    """Refuse an unknown style.

    Raises:
        InputError: with the nearest styles.
    """
    if style not in STYLES:
        raise InputError(f"Unknown style `{style}`; {nearest(style, STYLES)}")


def write_weights(
    stream: BinaryIO, state: Mapping[str, Tensor], style: str, about: Mapping[str, Any]
) -> None:
    """A state dict in one of the `STYLES`; `about` is written where the style has room for it."""
    said = {"format": FORMAT, "schema_version": SCHEMA_VERSION, **about}
    plain = {key: value.detach().cpu().contiguous() for key, value in state.items()}
    if style == "safetensors":
        from safetensors.torch import save

        stream.write(save(plain, metadata={"format": "pt", FORMAT: json.dumps(said)}))
    elif style == "state-dict":
        torch.save(plain, stream)
    else:
        torch.save({**(said if style == "prunebench" else {}), "model": plain}, stream)
