"""What pruning C7–C12 does to Cnn14, by arithmetic, and what this machine makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.eval.cost.activations import activation_peak_bytes
from prunebench.eval.cost.complexity import Macs, cnn14_macs, panns_flops, parameters
from prunebench.eval.cost.file_size import file_bytes
from prunebench.eval.cost.geometry import MELS, WINDOW
from prunebench.eval.runtime.latency import Effort, compare_latency
from prunebench.eval.runtime.memory import peak_memory
from prunebench.eval.runtime.precision import LEAST
from prunebench.harness.budget.ratio import removal_count
from prunebench.harness.engine.progress import Progress
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import DEFAULT_SCOPE, LAYERS, PUBLISHED_WIDTHS, parse_scope

CLASSES, EMBEDDING = 527, 2048
PHASE = "latency and memory"
STFT_MATRICES = 2 * (WINDOW // 2 + 1) * WINDOW
MEL_MATRIX = (WINDOW // 2 + 1) * MELS


@dataclass(frozen=True)
class ShapeFigures:
    """One shape in numbers, for a 10 s clip.

    Args:
        ratio: share of the filters removed of each layer of the scope.
        widths: filters of C1 … C12.
        parameters: trainable ones.
        tensors: all values of the state dict that are weights: trainable ones and the front end's matrices.
        macs: MACs for a 10 s clip, log-mel in, and waveform in.
        panns_gflops: floating-point operations by PANNs' own count, in 10⁹.
        activation_peak_bytes: largest input plus output of a convolution, half precision.
    """

    ratio: float
    widths: tuple[int, ...]
    parameters: int
    tensors: int
    macs: Macs
    panns_gflops: float
    activation_peak_bytes: int


@dataclass(frozen=True)
class MachineFigures:
    """One shape on this machine.

    Args:
        file_bytes: bytes of the state dict as `torch.save` writes it.
        latency_ms, latency_ratio: median of a 10 s clip, log-mel in, one thread, and the median of its ratios to the
            unpruned one within rounds.
        latency_precision: half the 95 % interval of that ratio, relative.
        peak_memory_bytes: peak memory of a forward pass over the loaded model.
    """

    file_bytes: int
    latency_ms: float
    latency_ratio: float
    latency_precision: float
    peak_memory_bytes: int


def pruned_widths(
    ratio: float, widths: Sequence[int] = PUBLISHED_WIDTHS, scope: str = DEFAULT_SCOPE
) -> tuple[int, ...]:
    """Widths after a ratio of each layer of the scope is gone."""
    layers = parse_scope(scope)
    return tuple(
        width - removal_count(width, ratio) if layer in layers else width
        for layer, width in zip(LAYERS, widths, strict=True)
    )


def shape_figures(
    ratios: Sequence[float], widths: Sequence[int] = PUBLISHED_WIDTHS, scope: str = DEFAULT_SCOPE
) -> list[ShapeFigures]:
    """The unpruned shape, then one for each ratio."""
    found = []
    for ratio in (0.0, *ratios):
        left = pruned_widths(ratio, widths, scope)
        trainable = parameters(left, CLASSES, EMBEDDING)
        found.append(
            ShapeFigures(
                ratio=ratio,
                widths=left,
                parameters=trainable,
                tensors=trainable + STFT_MATRICES + MEL_MATRIX,
                macs=cnn14_macs(left, CLASSES, EMBEDDING),
                panns_gflops=panns_flops(left, CLASSES, EMBEDDING) / 1e9,
                activation_peak_bytes=activation_peak_bytes(left),
            )
        )
    return found


def machine_figures(
    shapes: Sequence[ShapeFigures], budget_seconds: float, progress: Progress | None = None
) -> list[MachineFigures]:
    """Each shape on this machine, the unpruned one first; random weights, which change none of this.

    Args:
        shapes: as `shape_figures` gives them.
        budget_seconds: for latency rounds; four are made in any case.
        progress: told of each step.
    """
    progress = Progress() if progress is None else progress
    titles = {shape.ratio: f"memory at {100 * shape.ratio:g} %" for shape in shapes}
    progress.announce(PHASE, 1 + len(shapes))
    for title in ("latency", *titles.values()):
        progress.name(title, PHASE)
    progress.step("latency", 0, 1)
    made = {shape.ratio: {"widths": shape.widths} for shape in shapes}
    timed = compare_latency(
        Cnn14, made, shapes[0].ratio, effort=Effort(min_rounds=LEAST, budget_seconds=budget_seconds)
    )
    progress.finished("latency")
    found = []
    for shape in shapes:
        progress.step(titles[shape.ratio], 0, 1)
        found.append(
            MachineFigures(
                file_bytes=file_bytes(Cnn14(shape.widths)),
                latency_ms=timed[shape.ratio]["latency_backbone_ms"],
                latency_ratio=timed[shape.ratio]["latency_backbone_ratio"],
                latency_precision=timed[shape.ratio]["latency_backbone_ratio_precision"],
                peak_memory_bytes=peak_memory(Cnn14, made[shape.ratio]),
            )
        )
        progress.finished(titles[shape.ratio])
    return found
