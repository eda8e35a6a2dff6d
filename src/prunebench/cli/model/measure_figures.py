"""What `prunebench measure` measures of a checkpoint: a figure that fails is given as the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunebench.eval.runtime.latency import Effort
    from prunebench.harness.networks.cnn14 import Cnn14


def counted(model: Cnn14) -> dict[str, Any]:
    """MACs and parameters by layer and in all, by four counters, with their conventions."""
    from prunebench.eval.cost.complexity import panns_flops
    from prunebench.eval.cost.counters import fvcore_macs
    from prunebench.eval.cost.geometry import clip_of
    from prunebench.eval.cost.layer_counts import CONVENTIONS, layer_counts

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


def stored(model: Cnn14) -> dict[str, int]:
    """Bytes of the parameters and of the file, as written, in half precision and compressed."""
    from prunebench.eval.cost.complexity import parameter_bytes
    from prunebench.eval.cost.file_size import compressed_file_bytes, file_bytes

    return {
        "parameter_bytes": parameter_bytes(model),
        "file_bytes": file_bytes(model),
        "file_bytes_compressed": compressed_file_bytes(model),
        "file_bytes_fp16": file_bytes(model, half=True),
        "file_bytes_fp16_compressed": compressed_file_bytes(model, half=True),
    }


def remembered(checkpoint: Path, model: Cnn14, threads: int) -> dict[str, int | str]:
    """Peaks of a forward pass: by arithmetic, of a fresh process and of CUDA's allocator."""
    from prunebench.eval.cost.activations import activation_peak_bytes
    from prunebench.eval.cost.geometry import clip_of
    from prunebench.eval.runtime.child import MeasurementError
    from prunebench.eval.runtime.memory import cuda_peak_memory, peak_memory
    from prunebench.harness.networks.checkpoint import load_checkpoint

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


@dataclass(frozen=True)
class Timing:
    """How latency is taken."""

    backends: Sequence[str]
    batch: int
    threads: int
    effort: Effort


def timed(checkpoint: Path, against: Path | None, how: Timing, *, quality: bool) -> dict[str, Any]:
    """Latency through each backend; beside another checkpoint, the speed-up next to the MACs ratio.

    Args:
        checkpoint: of the model.
        against: checkpoint that it is compared to.
        how: latency is taken.
        quality: whether quality through the backends is measured too, which one in integers does not leave alone.
    """
    from prunebench.eval.cost.complexity import count_macs
    from prunebench.eval.cost.geometry import clip_of
    from prunebench.eval.runtime.backend_latency import Latency, compare_backends
    from prunebench.eval.runtime.backends import LOSSY
    from prunebench.eval.runtime.child import MeasurementError
    from prunebench.eval.runtime.latency import missed_precision
    from prunebench.eval.runtime.quiet import busy_processors
    from prunebench.harness.networks.checkpoint import load_checkpoint

    files = {"model": checkpoint} | ({"against": against} if against else {})
    ratio, model = 1.0, load_checkpoint(checkpoint)
    if against:
        ratio = count_macs(model).backbone / count_macs(load_checkpoint(against)).backbone
    clip = clip_of(model)
    result: dict[str, Any] = {"batch": how.batch, "threads": how.threads, "macs_ratio": ratio, "backends": {}}
    busy = busy_processors()
    if busy:
        result["warning"] = busy
    try:
        found = compare_backends(
            load_checkpoint,
            {label: {"path": str(file.resolve())} for label, file in files.items()},
            "against" if against else "model",
            how.backends,
            input_shape=(how.batch, clip.frames, clip.mels),
            threads=how.threads,
            effort=how.effort,
        )
    except MeasurementError as error:
        result["backends"] = {name: {"failed": str(error)} for name in how.backends}
        return result
    for name, latency in found["model"].items():
        if not isinstance(latency, Latency):
            result["backends"][name] = {"failed": latency}
            continue
        told: dict[str, Any] = asdict(latency)
        what, known = "median", latency.median_precision
        if against:
            reference = found["against"][name]
            assert isinstance(reference, Latency)
            what, known = "ratio", latency.precision
            told |= {
                "against_median_ms": reference.median_ms,
                "speed_up": 1 / latency.ratio,
                "speed_up_over_macs_ratio": ratio / latency.ratio,
            }
        why = missed_precision(what, known, latency.rounds, how.effort.precision, "give a larger --budget")
        if why:
            told["warning"] = why
        if name in LOSSY and not quality:
            told["note"] = "Integers change the tags: give --data NAME to see what they leave of mAP."
        result["backends"][name] = told
    return result


def spent(checkpoint: Path, model: Cnn14, threads: int) -> dict[str, Any]:
    """Joules of a clip, or why there are none."""
    from prunebench.eval.cost.geometry import clip_of
    from prunebench.eval.errors import InputError
    from prunebench.eval.runtime.child import MeasurementError
    from prunebench.eval.runtime.energy import forward_energy
    from prunebench.harness.networks.checkpoint import load_checkpoint

    try:
        path, clip = {"path": str(checkpoint.resolve())}, clip_of(model)
        features = (1, clip.frames, clip.mels)
        return {"energy_joules": forward_energy(load_checkpoint, path, features, threads=threads)}
    except (InputError, MeasurementError) as error:
        return {"failed": str(error)}
