"""Figures of a model in a file: counts, bytes, memory, energy. One that fails is given as the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from prunebench.eval.cost.activations import activation_peak_bytes
from prunebench.eval.cost.complexity import panns_flops, parameter_bytes
from prunebench.eval.cost.counters import fvcore_macs
from prunebench.eval.cost.file_size import compressed_file_bytes, file_bytes
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.cost.layer_counts import CONVENTIONS, layer_counts
from prunebench.eval.errors import InputError
from prunebench.eval.runtime.child import MeasurementError
from prunebench.eval.runtime.forward_energy import forward_energy
from prunebench.eval.runtime.memory import cuda_peak_memory, peak_memory
from prunebench.harness.networks.checkpoint import load_checkpoint
from prunebench.harness.networks.cnn14 import Cnn14


def counts_of(model: Cnn14) -> dict[str, Any]:
    """MACs and parameters by layer and in all, by four counters, with their conventions."""
    counts, clip = layer_counts(model), clip_of(model)
    layers = {
        row: {name: by_row[row]._asdict() for name, by_row in counts.items()} for row in counts["closed form"]
    }
    front = ("stft", "mel")
    totals = {
        name: {
            "macs_backbone": sum(count.macs for row, count in by_row.items() if row not in front),
            "macs_with_frontend": sum(count.macs for count in by_row.values()),
            "parameters": sum(count.parameters for count in by_row.values()),
        }
        for name, by_row in counts.items()
    }
    return {
        "convention": dict(CONVENTIONS),
        "layers": layers,
        "totals": totals,
        "fvcore_convolutions_and_linear": fvcore_macs(model)._asdict(),
        "panns_flops": panns_flops(
            model.widths, model.n_classes, model.embedding, clip.samples, window=clip.window, hop=clip.hop
        ),
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


def memory_of(checkpoint: Path, model: Cnn14, threads: int) -> dict[str, int | str]:
    """Peaks of a forward pass: by arithmetic, of a fresh process and of CUDA's allocator."""
    path, clip = {"path": str(checkpoint.resolve())}, clip_of(model)
    features = (1, clip.frames, clip.mels)
    found: dict[str, int | str] = {
        "activation_peak_bytes_fp16": activation_peak_bytes(model.widths, clip.samples, hop=clip.hop),
        "activation_peak_bytes_fp32": activation_peak_bytes(model.widths, clip.samples, 4, hop=clip.hop),
    }
    try:
        found["peak_memory_bytes"] = peak_memory(load_checkpoint, path, features, threads=threads)
    except MeasurementError as error:
        found["peak_memory_bytes"] = str(error)
    return found | {"peak_memory_bytes_cuda": cuda_peak_memory(load_checkpoint, path, features)}


def energy_of(checkpoint: Path, model: Cnn14, threads: int) -> dict[str, Any]:
    """Joules of a clip, or why there are none."""
    try:
        path, clip = {"path": str(checkpoint.resolve())}, clip_of(model)
        features = (1, clip.frames, clip.mels)
        return {"energy_joules": forward_energy(load_checkpoint, path, features, threads=threads)}
    except (InputError, MeasurementError) as error:
        return {"failed": str(error)}
