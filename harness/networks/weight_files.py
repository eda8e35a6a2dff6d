"""Files that hold weights: what is in them, and the four forms that are written. Code in a file is never run."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from prunebench.eval.errors import InputError, nearest

FORMAT = "prunebench"
SCHEMA_VERSION = 1
STYLES = {
    "prunebench": "weights, widths, class names and provenance; PANNs' own code loads it too",
    "panns": "a dict with the weights under `model`, as PANNs publishes them",
    "state-dict": "the weights alone, as E-PANNs publishes them",
    "safetensors": "weights in safetensors, the rest as its metadata",
}
# What a training checkpoint of PANNs holds beside weights: arrays of its sampler.
_RECONSTRUCT = np.empty(0).__reduce__()[0]  # numpy's own, under its names before and since 2.0
_ARRAYS: list[Any] = [
    np.ndarray,
    np.dtype,
    (_RECONSTRUCT, "numpy.core.multiarray._reconstruct"),
    (_RECONSTRUCT, "numpy._core.multiarray._reconstruct"),
    *(type(np.dtype(name)) for name in ("bool", "int32", "int64", "float32", "float64")),
]


class Found(NamedTuple):
    """What a file holds: a state dict, and what an own file says about it."""

    state: Mapping[Any, Any]
    about: Mapping[str, Any] | None


def read_weights(path: Path) -> Found:
    """The state dict in a file of any of the forms, and what is said about it.

    A dict with `model`, a plain state dict, safetensors and own files are told apart by what is in them, not by
    their names.

    Raises:
        InputError: for a missing, truncated or foreign file, or one that would need code to be run.
    """
    if not path.is_file():
        raise InputError(f"A checkpoint must be a file. Found none at `{path}`.")
    with path.open("rb") as stream:
        head = stream.read(9)
    found = _read_safetensors(path) if head[8:9] == b"{" and head[:2] != b"PK" else _read_torch(path)
    if found.about is not None and found.about.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"A checkpoint of prunebench must have schema version {SCHEMA_VERSION}. Found "
            f"{found.about.get('schema_version')!r} in `{path}`: it was written by another version of prunebench."
        )
    return found


def _read_torch(path: Path) -> Found:
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_ARRAYS):
            # Foreign pickles are refused or read below; the unpickler's advice is not the user's.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"A checkpoint must hold tensors only, so that no code in it is run. `{path}` holds more or is no "
            f"checkpoint: save its state dict alone."
        ) from error
    except Exception as error:  # the unpickler meets foreign bytes with errors of many kinds
        raise InputError(
            f"A checkpoint must be a whole torch file. `{path}` cannot be read: fetch it again."
        ) from error
    if not isinstance(found, Mapping):
        raise InputError(f"A checkpoint must hold a state dict. Found a {type(found).__name__} in `{path}`.")
    state = found.get("model", found)
    if not isinstance(state, Mapping):
        raise InputError(
            f"A checkpoint must hold a state dict under `model`. Found a {type(state).__name__} in `{path}`."
        )
    own = found.get("format") == FORMAT
    return Found(state, {key: value for key, value in found.items() if key != "model"} if own else None)


def _read_safetensors(path: Path) -> Found:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            state: dict[str, Tensor] = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            said = file.metadata() or {}
        about = json.loads(said[FORMAT]) if FORMAT in said else None
    except (SafetensorError, ValueError) as error:
        raise InputError(
            f"A checkpoint must be a whole safetensors file. `{path}` cannot be read ({error}): fetch it again."
        ) from error
    return Found(state, about)


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
