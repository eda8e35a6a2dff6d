"""Times shapes rounded to multiples of 8 beside unrounded ones: `python docs/_divisor_latency.py [OUT.png]`.

MobileNetV2 of PANNs at full width, groups that one layer writes, one thread. All shapes of a backend take turns.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.runtime.backend_latency import Latency, compare_backends
from prunebench.eval.runtime.latency import Effort
from prunebench.harness.budget.target import uniform_counts
from prunebench.harness.measuring.factories import made_shape
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.counted_shape import CountedShape
from prunebench.harness.networks.plugins.model_shapes import shape_of
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.reports.figures.style.canvas import COLUMN, paper_style, rendered
from prunebench.reports.figures.style.palette import BLUE, INK

NETWORK, CLASSES, DIVISOR = "mobilenet_v2", 527, 8
RATIOS = (0.15, 0.3, 0.45, 0.6, 0.75)
BACKENDS = {"eager": "torch", "onnxruntime": "ONNX Runtime"}
BUDGET = 150.0  # seconds of timing

Timed = dict[str, dict[str, list[tuple[float, float, float, float]]]]
"""Backend → kind of shape → (share of MACs, latency ratio, its lower and upper quartile)."""


def main() -> None:
    """Time, print a table, and draw."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("divisor-latency.png")
    found = timed()
    for backend, kinds in found.items():
        for kind, points in kinds.items():
            for macs, ratio, low, high in points:
                print(
                    f"{backend:12} {kind:18} MACs {macs:.3f}  latency {ratio:.3f} ({low:.3f} to {high:.3f})"
                )
    out.write_bytes(drawn(found))


def timed() -> Timed:
    """Latency of each shape relative to the unpruned one."""
    network = resolve_network(NETWORK)
    tagger = Tagger(network, network.build(CLASSES, seed=0))
    plain = shape_of(tagger)
    assert isinstance(plain, CountedShape)
    scope = tagger.scope("inner")
    kinds = {
        "unrounded": plain,
        f"multiples of {DIVISOR}": replace(plain, divisors=(DIVISOR,) * len(plain.groups)),
    }
    shapes = {"unpruned": plain.widths}
    for kind, shape in kinds.items():
        for ratio in RATIOS:
            shapes[f"{kind} {ratio}"] = shape.without(scope, uniform_counts(shape, scope, ratio))
    of = {"network": NETWORK, "files": (), "n_classes": CLASSES}
    clip = clip_of(network)
    latency = compare_backends(
        made_shape,
        {label: {**of, "widths": dict(plain.by_group(widths))} for label, widths in shapes.items()},
        "unpruned",
        tuple(BACKENDS),
        input_shape=(1, clip.frames, clip.mels),
        threads=1,
        effort=Effort(precision=0.02, budget_seconds=BUDGET),
    )
    found: Timed = {backend: {kind: [] for kind in kinds} for backend in BACKENDS}
    for kind in kinds:
        for ratio in RATIOS:
            label = f"{kind} {ratio}"
            for backend, one in latency[label].items():
                assert isinstance(one, Latency), one
                macs = plain.share("macs_backbone", shapes[label])
                found[backend][kind].append((macs, one.ratio, one.ratio_q1, one.ratio_q3))
    return found


def drawn(found: Timed) -> bytes:
    """A panel for each backend, as the bytes of a PNG."""
    from matplotlib.figure import Figure

    with paper_style():
        figure = Figure((2 * COLUMN, 2.6), layout="constrained")
        panels = figure.subplots(1, len(found), sharex=True, sharey=True)
        for axes, (backend, kinds) in zip(panels, found.items(), strict=True):
            axes.plot(
                [0, 1], [0, 1], color=INK, linewidth=0.7, linestyle=(0, (4, 2)), label="as MACs promise"
            )
            for (kind, points), colour, marker in zip(kinds.items(), ("0.45", BLUE), ("s", "o"), strict=True):
                macs, ratio, low, high = zip(*points, strict=True)
                axes.vlines(macs, low, high, color=colour, linewidth=0.9)
                axes.plot(macs, ratio, color=colour, marker=marker, markersize=4, label=kind, linewidth=1)
            axes.plot(1, 1, color=INK, marker="D", markersize=4, linestyle="none", label="unpruned")
            axes.set_title(f"{BACKENDS[backend]}, one thread")
            axes.set_xlabel("MACs of the backbone, share of unpruned")
        panels[0].set_xlim(0, 1.05)
        panels[0].set_ylim(bottom=0)
        panels[0].set_ylabel("latency, share of unpruned")
        panels[0].legend(loc="upper left")
        return rendered(figure, "png")


if __name__ == "__main__":
    main()
