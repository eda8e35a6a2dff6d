"""Reading and writing Cnn14 checkpoints; code in a file is never run."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.harness.model import LAYERS, Cnn14


def load_checkpoint(path: Path | str) -> Cnn14:
    """A Cnn14 from a state dict, or from a dict that holds one under `model`; widths are read off the tensors.

    Raises:
        InputError: for a missing, truncated or foreign file, or one that would need code to be run.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"A checkpoint must be a file. Found none at `{file}`.")
    try:
        with warnings.catch_warnings():
            # Foreign pickles are refused or read below; the unpickler's advice is not the user's.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"A checkpoint must hold tensors only, so that no code in it is run. `{file}` holds more or is no "
            f"checkpoint: save its state dict alone."
        ) from error
    except Exception as error:  # the unpickler meets foreign bytes with errors of many kinds
        raise InputError(
            f"A checkpoint must be a whole torch file. `{file}` cannot be read: fetch it again."
        ) from error
    state = found.get("model", found) if isinstance(found, Mapping) else None
    if not isinstance(state, Mapping):
        raise InputError(f"A checkpoint must hold a state dict. Found a {type(found).__name__} in `{file}`.")
    return from_state_dict(dict(state), str(file))


def from_state_dict(state: Mapping[str, Any], origin: str = "the state dict") -> Cnn14:
    """A Cnn14 of the widths, classes and embedding that the tensors have, on the CPU, in evaluation mode."""
    if not all(isinstance(key, str) for key in state):
        raise InputError(f"The names in a state dict must be strings. Found others in {origin}.")
    convolutions = [f"conv_block{i // 2 + 1}.conv{i % 2 + 1}.weight" for i in range(len(LAYERS))]
    needed = [*convolutions, "fc1.weight", "fc_audioset.weight"]
    ranks = dict.fromkeys(convolutions, 4) | dict.fromkeys(needed[len(convolutions) :], 2)
    missing = [key for key in needed if not _is_weight(state.get(key), ranks[key])]
    if missing:
        raise InputError(
            f"A checkpoint must be of a Cnn14. {origin} lacks {len(missing)} of its {len(needed)} weights, "
            f"`{missing[0]}` first: it is of another architecture."
        )
    model = Cnn14(
        widths=[int(state[key].shape[0]) for key in convolutions],
        n_classes=int(state["fc_audioset.weight"].shape[0]),
        embedding=int(state["fc1.weight"].shape[0]),
    )
    expected = model.state_dict()
    optional = {key for key in expected if key.endswith("num_batches_tracked")}
    wrong = sorted((expected.keys() ^ state.keys()) - optional) + [
        f"{key} {tuple(getattr(state[key], 'shape', ()))} instead of {tuple(value.shape)}"
        for key, value in expected.items()
        if key in state and getattr(state[key], "shape", None) != value.shape
    ]
    if wrong:
        raise InputError(
            f"A checkpoint must have the tensors of a Cnn14 and no others. {origin} differs in {len(wrong)}: "
            f"{', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''}."
        )
    model.load_state_dict({**{key: expected[key] for key in optional}, **state})
    return model.eval()


def _is_weight(found: object, rank: int) -> bool:
    return isinstance(found, Tensor) and found.ndim == rank and found.numel() > 0


def save_checkpoint(model: Cnn14, path: Path | str) -> None:
    """The state dict in a file that is whole or absent."""
    with whole_file(Path(path)) as stream:
        torch.save(model.state_dict(), stream)
