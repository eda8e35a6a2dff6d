"""Latency of a model in a file, through each backend, beside another file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prunebench.eval.cost.complexity import count_macs
from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.runtime.backend_latency import Latency, compare_backends
from prunebench.eval.runtime.backends import LOSSY
from prunebench.eval.runtime.child import MeasurementError
from prunebench.eval.runtime.latency import Effort, missed_precision
from prunebench.eval.runtime.quiet import busy_processors
from prunebench.harness.measuring.speed_up import INTEGERS, speed_up
from prunebench.harness.networks.checkpoint import load_checkpoint


@dataclass(frozen=True)
class Timing:
    """How latency is taken."""

    backends: Sequence[str]
    batch: int
    threads: int
    effort: Effort


def latency_of(checkpoint: Path, against: Path | None, how: Timing, *, quality: bool) -> dict[str, Any]:
    """Latency through each backend; beside another checkpoint, the speed-up next to the MACs ratio.

    Args:
        checkpoint: of the model.
        against: checkpoint that it is compared to.
        how: latency is taken.
        quality: whether quality through the backends is measured too, which one in integers does not leave alone.
    """

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
            told |= {"against_median_ms": reference.median_ms, **speed_up(latency.ratio, 1 / ratio)}
        why = missed_precision(what, known, latency.rounds, how.effort.precision, "give a larger --budget")
        if why:
            told["warning"] = why
        if name in LOSSY and not quality:
            told["note"] = f"{INTEGERS}: give --data NAME to see what they leave of mAP."
        result["backends"][name] = told
    return result
