"""Draws the figures of the case study: `python docs/_figures.py`."""

from __future__ import annotations

from pathlib import Path

from prunebench.eval import layer_macs
from prunebench.eval.cost.complexity import cnn14_macs, layer_parameters

FULL = (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048)
HALF = (*FULL[:6], *(width // 2 for width in FULL[6:]))
CLASSES, EMBEDDING = 527, 2048


def main() -> None:
    """MACs and parameters of each layer, published Cnn14 beside half of C7–C12."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(2, 1, figsize=(7.5, 5), layout="constrained", sharex=True)
    for axes, count, unit, what in (
        (panels[0], layer_macs, 1e9, "MACs of a 10 s clip / G"),
        (panels[1], layer_parameters, 1e6, "parameters / M"),
    ):
        full, half = count(FULL, CLASSES, EMBEDDING), count(HALF, CLASSES, EMBEDDING)
        names = [f"C{index}" for index in range(1, 13)] + ["fc1", "fc_audioset"]
        places = range(len(names))
        axes.bar(
            [at - 0.2 for at in places], [full[n] / unit for n in names], 0.4, label="Cnn14", color="0.7"
        )
        axes.bar([at + 0.2 for at in places], [half[n] / unit for n in names], 0.4, label="half of C7–C12")
        axes.set_ylabel(what)
        axes.set_xticks(list(places), names, rotation=45)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    figure.savefig(Path(__file__).parent / "epanns-layers.png", dpi=130)
    for name, widths in (("full", FULL), ("half", HALF)):
        print(
            name,
            sum(layer_parameters(widths, CLASSES, EMBEDDING).values()),
            cnn14_macs(widths, CLASSES, EMBEDDING),
        )


if __name__ == "__main__":
    main()
