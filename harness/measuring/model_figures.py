"""Figures of a model in a file: counts, bytes, memory, energy. One that fails is given as the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from prunebench.eval.cost.activations import model_activation_peak_bytes
from prunebench.eval.cost.complexity import Cnn14Shape, panns_flops, parameter_bytes
from prunebench.eval.cost.counters import fvcore_backbone_macs
from prunebench.eval.cost.file_size import compressed_file_bytes, file_bytes
from prunebench.eval.cost.front_ends import known_front_end_macs
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.cost.layer_counts import CONVENTIONS, FRONT_ROWS, layer_counts
from prunebench.eval.cost.module_counters import Count
from prunebench.eval.cost.module_counts import MODULE_CONVENTIONS
from prunebench.eval.errors import InputError
from prunebench.eval.runtime.child import MeasurementError
from prunebench.eval.runtime.forward_energy import forward_energy
from prunebench.eval.runtime.memory import cuda_peak_memory, peak_memory
from prunebench.harness.measuring.checkpoint_file import CheckpointFile
from prunebench.harness.measuring.factories import load_measurable


def counts_of(model: nn.Module) -> dict[str, Any]:
    """MACs and parameters by layer and in all, by five counters, with their conventions.

    `macs_with_frontend` is `None` where the front end does not say its MACs, `parameters` by a counter that counts
    none; `missing` says why a counter has no figures, and `panns_flops` is there for a Cnn14.
    """
    missing: dict[str, str] = {}
    counts, clip = layer_counts(model, missing=missing), clip_of(model)
    front = known_front_end_macs(model, clip.samples)
    first = next(iter(counts.values()))
    convolutions = None if "fvcore" in missing else fvcore_backbone_macs(model)
    conventions = CONVENTIONS if isinstance(model, Cnn14Shape) else MODULE_CONVENTIONS
    found: dict[str, Any] = {
        "convention": {name: conventions[name] for name in counts},
        "layers": {row: {name: by_row[row]._asdict() for name, by_row in counts.items()} for row in first},
        "totals": {name: _total(by_row, known=front is not None) for name, by_row in counts.items()},
        "fvcore_convolutions_and_linear": {
            "backbone": convolutions,
            "with_frontend": None if front is None or convolutions is None else convolutions + front,
        },
    }
    if missing:
        found["missing"] = missing
    if isinstance(model, Cnn14Shape):
        shape = (model.widths, model.n_classes, model.embedding)
        found["panns_flops"] = panns_flops(*shape, clip.samples, window=clip.window, hop=clip.hop)
    return found


def _total(by_row: dict[str, Count], *, known: bool) -> dict[str, int | None]:
    parameters = [count.parameters for count in by_row.values()]
    return {
        "macs_backbone": sum(count.macs for row, count in by_row.items() if row not in FRONT_ROWS),
        "macs_with_frontend": sum(count.macs for count in by_row.values()) if known else None,
        "parameters": None if None in parameters else sum(filter(None, parameters)),
    }


def bytes_of(model: nn.Module, file: Path) -> dict[str, int]:
    """Bytes of the parameters, of the file, and of the state dict as torch saves it, in half precision, compressed."""
    return {
        "parameter_bytes": parameter_bytes(model),
        "file_bytes": file.stat().st_size,
        "state_dict_bytes": file_bytes(model),
        "state_dict_bytes_compressed": compressed_file_bytes(model),
        "state_dict_bytes_fp16": file_bytes(model, half=True),
        "state_dict_bytes_fp16_compressed": compressed_file_bytes(model, half=True),
    }


def memory_of(checkpoint: CheckpointFile, model: nn.Module, threads: int) -> dict[str, int | str]:
    """Peaks of a forward pass: the largest convolution, of a fresh process and of CUDA's allocator."""
    clip = clip_of(model)
    features = (1, clip.frames, clip.mels)
    found: dict[str, int | str] = {
        "activation_peak_bytes_fp16": model_activation_peak_bytes(model),
        "activation_peak_bytes_fp32": model_activation_peak_bytes(model, bytes_per_value=4),
    }
    try:
        found["peak_memory_bytes"] = peak_memory(
            load_measurable, checkpoint.arguments, features, threads=threads
        )
    except MeasurementError as error:
        found["peak_memory_bytes"] = str(error)
    return found | {
        "peak_memory_bytes_cuda": cuda_peak_memory(load_measurable, checkpoint.arguments, features)
    }


def energy_of(checkpoint: CheckpointFile, model: nn.Module, threads: int) -> dict[str, Any]:
    """Joules of a clip, or why there are none."""
    try:
        clip = clip_of(model)
        features = (1, clip.frames, clip.mels)
        joules = forward_energy(load_measurable, checkpoint.arguments, features, threads=threads)
        return {"energy_joules": joules}
    except (InputError, MeasurementError) as error:
        return {"failed": str(error)}
