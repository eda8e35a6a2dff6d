"""The critical-difference diagram."""

from __future__ import annotations

import math
import warnings
from importlib.util import find_spec

from matplotlib.figure import Figure

from prunebench.reports.figures.style.canvas import COLUMN, NOTE, filled, paper_style
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.statistics.blocks import BLOCKS, Blocks


def draw_critical_difference(blocks: Blocks, *, standing: str = "") -> Figure | None:
    """The diagram; `None` with fewer than ten blocks or three criteria, or without scikit-posthocs.

    Args:
        blocks: mean ranks of criteria over data sets, base widths and base seeds.
        standing: what the run does not claim.
    """
    if len(blocks.values) < BLOCKS or len(blocks.labels) < 3 or find_spec("scikit_posthocs") is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its imports and of its use of pandas
        import pandas
        import scikit_posthocs

        table = pandas.DataFrame(blocks.values, columns=list(blocks.labels))
        p = scikit_posthocs.posthoc_nemenyi_friedman(table)
        with paper_style():
            height = 0.8 + 0.14 * math.ceil(len(blocks.labels) / 2)
            figure = Figure((2 * COLUMN, height), layout="constrained")
            axes = figure.subplots()
            scikit_posthocs.critical_difference_diagram(
                dict(zip(blocks.labels, blocks.ranks, strict=True)),
                p,
                ax=axes,
                label_props={"fontsize": 6.5},
                elbow_props={"linewidth": 0.7},
                crossbar_props={"linewidth": 1.8},
                color_palette={
                    label: look_of(names[0]).colour
                    for label, names in zip(blocks.labels, blocks.criteria, strict=True)
                },
            )
            chance = "< 0.001" if blocks.p < 0.001 else f"= {blocks.p:.2g}"
            note = (
                f"mean rank over {len(blocks.values)} blocks {blocks.made_of}, 1 is best; bars join what "
                f"Nemenyi's test does not distinguish at 5 %; Friedman p {chance}"
            )
            note += f" · {standing}" if standing else ""
            axes.set_title(filled(note, 2 * COLUMN, NOTE), fontsize=NOTE)
    return figure
