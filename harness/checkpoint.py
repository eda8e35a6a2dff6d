"""Reading and writing Cnn14 checkpoints; code in a file is never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.harness.frontend import FRONT_ENDS, SAMPLE_RATE
from prunebench.harness.model import LAYERS, Cnn14
from prunebench.harness.provenance import Provenance
from prunebench.harness.weight_files import check_style, read_weights, write_weights

PARALLEL = "module."  # before every name of a model that was saved inside DataParallel


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


def from_state_dict(state: Mapping[str, Any], origin: str = "the state dict") -> Cnn14:
    """A Cnn14 of the widths, classes and embedding that the tensors have, on the CPU, in evaluation mode."""
    if not all(isinstance(key, str) for key in state):
        raise InputError(f"The names in a state dict must be strings. Found others in {origin}.")
    if state and all(key.startswith(PARALLEL) for key in state):
        state = {key.removeprefix(PARALLEL): value for key, value in state.items()}
    convolutions = [f"conv_block{i // 2 + 1}.conv{i % 2 + 1}.weight" for i in range(len(LAYERS))]
    needed = [*convolutions, "fc1.weight", "fc_audioset.weight"]
    ranks = dict.fromkeys(convolutions, 4) | dict.fromkeys(needed[len(convolutions) :], 2)
    missing = [key for key in needed if not _is_weight(state.get(key), ranks[key])]
    if missing:
        there = ", ".join(f"{key} {_shape(value)}" for key, value in list(state.items())[:3]) or "nothing"
        raise InputError(
            f"A checkpoint must be of a Cnn14. {origin} lacks {len(missing)} of its {len(needed)} weights, "
            f"`{missing[0]}` first, and holds {there}{' …' if len(state) > 3 else ''}: it is of another architecture."
        )
    model = Cnn14(
        widths=[int(state[key].shape[0]) for key in convolutions],
        n_classes=int(state["fc_audioset.weight"].shape[0]),
        embedding=int(state["fc1.weight"].shape[0]),
        sample_rate=_sample_rate(state),
    )
    expected = model.state_dict()
    optional = {key for key in expected if key.endswith("num_batches_tracked")}
    wrong = [
        *(f"{key} is missing" for key in sorted(expected.keys() - state.keys() - optional)),
        *(f"{key} {_shape(state[key])} is unknown" for key in sorted(state.keys() - expected.keys())),
        *(
            f"{key} has {_shape(state[key])} instead of {_shape(value)}"
            for key, value in expected.items()
            if key in state and getattr(state[key], "shape", None) != value.shape
        ),
    ]
    if wrong:
        raise InputError(
            f"A checkpoint must have the tensors of a Cnn14 and no others. {origin} differs in {len(wrong)}: "
            f"{', '.join(wrong[:3])}{' …' if len(wrong) > 3 else ''}."
        )
    model.load_state_dict({**{key: expected[key] for key in optional}, **state})
    return model.eval()


def _shape(value: object) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else f"of type {type(value).__name__}"


def _sample_rate(state: Mapping[str, Any]) -> int:
    """Of the variant whose Fourier window the file has; the ordinary one's where it has none of these."""
    window = getattr(state.get("spectrogram_extractor.stft.conv_real.weight"), "shape", (0,))[-1]
    return next((rate for rate, front in FRONT_ENDS.items() if front.window == window), SAMPLE_RATE)


def _is_weight(found: object, rank: int) -> bool:
    return isinstance(found, Tensor) and found.ndim == rank and found.numel() > 0


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
