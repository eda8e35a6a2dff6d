"""Latency of a model in a file, through each backend, beside another file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prunebench.eval.cost.complexity import backbone_macs
from prunebench.eval.cost.geometry import Clip, clip_of
from prunebench.eval.errors import InputError
from prunebench.eval.runtime.backend_latency import Latency, compare_backends
from prunebench.eval.runtime.backends import INTEGERS, LOSSY
from prunebench.eval.runtime.child import MeasurementError
from prunebench.eval.runtime.latency import Effort, missed_precision
from prunebench.eval.runtime.quiet import busy_processors
from prunebench.harness.measuring.checkpoint_file import CheckpointFile
from prunebench.harness.measuring.factories import load_measurable
from prunebench.harness.measuring.speed_up import speed_up


@dataclass(frozen=True)
class Timing:
    """How latency is taken."""

    backends: Sequence[str]
    batch: int
    threads: int
    effort: Effort


def latency_of(
    checkpoint: CheckpointFile, against: CheckpointFile | None, how: Timing, *, quality: bool
) -> dict[str, Any]:
    """Latency through each backend; beside another checkpoint, the speed-up next to the MACs ratio.

    Args:
        checkpoint: of the model.
        against: checkpoint that it is compared to.
        how: latency is taken.
        quality: whether quality through the backends is measured too, which one in integers does not leave alone.

    Raises:
        InputError: for a checkpoint that cannot be read, or one to compare to that reads other features.
    """

    files = {"model": checkpoint} | ({"against": against} if against else {})
    ratio, model = 1.0, checkpoint.load()
    clip = clip_of(model)
    if against:
        reference = against.load()
        _check_features(clip, clip_of(reference), against)
        ratio = backbone_macs(model) / backbone_macs(reference)
    result: dict[str, Any] = {"batch": how.batch, "threads": how.threads, "macs_ratio": ratio, "backends": {}}
    busy = busy_processors()
    if busy:
        result["warning"] = busy
    try:
        found = compare_backends(
            load_measurable,
            {label: file.arguments for label, file in files.items()},
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
            other = found["against"][name]
            assert isinstance(other, Latency)
            what, known = "ratio", latency.precision
            told |= {"against_median_ms": other.median_ms, **speed_up(latency.ratio, 1 / ratio)}
        why = missed_precision(what, known, latency.rounds, how.effort.precision, "give a larger --budget")
        if why:
            told["warning"] = why
        if name in LOSSY and not quality:
            told["note"] = f"{INTEGERS}: give --data NAME to measure their mAP."
        result["backends"][name] = told
    return result


def _check_features(clip: Clip, other: Clip, against: CheckpointFile) -> None:
    if (clip.frames, clip.mels) != (other.frames, other.mels):
        raise InputError(
            f"Latency is compared on the same features. The model reads {clip.frames} × {clip.mels} per clip, but "
            f"`{against.path}` reads {other.frames} × {other.mels}: measure each model on its own."
        )
