"""Agreement of criteria as tables and heat maps."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prunebench.eval.files import whole_file
from prunebench.eval.text.plain import plain
from prunebench.eval.text.tables import csv_text
from prunebench.eval.text.written_labels import written
from prunebench.reports.content import numbers
from prunebench.reports.figures.style.canvas import COLUMN, FORMATS, paper_style, rendered
from prunebench.reports.figures.style.palette import INK
from prunebench.reports.points.groups import short_names

if TYPE_CHECKING:
    from prunebench.eval.quality.agreement import Agreement

CELL = 0.3  # inches
AgreementFigure: TypeAlias = "Callable[[Agreement], float]"


def write_agreement(rows: Sequence[Agreement], folder: Path) -> list[Path]:
    """Write `agreement.csv` and `.json`, and the heat maps of `draw_criteria` and `draw_layers`, PNG and SVG.

    Args:
        rows: every pair of criteria on every layer, at least one.
        folder: made if absent.

    Returns:
        The files.
    """
    rows = [
        replace(row, a=written(plain(row.a)), b=written(plain(row.b)), layer=plain(row.layer)) for row in rows
    ]
    contents = {
        "agreement.csv": csv_agreement(rows).encode(),
        "agreement.json": json_agreement(rows).encode(),
    }
    figures = {"agreement": draw_criteria(rows), "agreement_by_layer": draw_layers(rows)}
    for name, figure in figures.items():
        contents |= {f"{name}.{kind}": rendered(figure, kind) for kind in FORMATS}
    for name, data in contents.items():
        with whole_file(folder / name) as stream:
            stream.write(data)
    return [folder / name for name in contents]


def csv_agreement(rows: Sequence[Agreement]) -> str:
    """One line a pair and layer, empty where a value is not defined."""
    ratios = list(rows[0].overlap)
    overlaps = [f"overlap_{ratio:g}" for ratio in ratios]
    lines: list[list[object]] = [["a", "b", "layer", "filters", "kendall_tau", "spearman_rho", *overlaps]]
    for row in rows:
        values = [row.kendall_tau, row.spearman_rho, *(row.overlap[ratio] for ratio in ratios)]
        known = ["" if math.isnan(value) else value for value in values]
        lines.append([row.a, row.b, row.layer, row.filters, *known])
    return csv_text(lines)


def json_agreement(rows: Sequence[Agreement]) -> str:
    """A list of objects with the fields of `Agreement`, `null` where a value is not defined."""
    found = []
    for row in rows:
        values = asdict(row)
        values["overlap"] = {f"{ratio:g}": _defined(share) for ratio, share in row.overlap.items()}
        found.append({key: _defined(value) for key, value in values.items()})
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def draw_criteria(rows: Sequence[Agreement]) -> Figure:
    """Criteria against criteria, means over the layers: Kendall's τ, and overlap at the middle ratio."""
    names = list(dict.fromkeys(name for row in rows for name in (row.a, row.b)))
    place = {name: index for index, name in enumerate(names)}

    def matrix(measure: AgreementFigure) -> NDArray[np.float64]:
        found = np.full((len(names), len(names)), np.nan)
        for a, b in dict.fromkeys((row.a, row.b) for row in rows):
            mean = fmean(measure(row) for row in rows if (row.a, row.b) == (a, b))
            found[place[a], place[b]] = found[place[b], place[a]] = mean
        return found

    return _draw(matrix, rows, names, names, "mean over layers")


def draw_layers(rows: Sequence[Agreement]) -> Figure:
    """Pairs of criteria against layers: Kendall's τ, and overlap at the middle ratio."""
    pairs = list(dict.fromkeys((row.a, row.b) for row in rows))
    layers = list(dict.fromkeys(row.layer for row in rows))

    def matrix(measure: AgreementFigure) -> NDArray[np.float64]:
        found = np.full((len(pairs), len(layers)), np.nan)
        for row in rows:
            found[pairs.index((row.a, row.b)), layers.index(row.layer)] = measure(row)
        return found

    return _draw(matrix, rows, [f"{a} · {b}" for a, b in pairs], short_names(layers), "by layer")


def _draw(
    matrix: Callable[[AgreementFigure], NDArray[np.float64]],
    rows: Sequence[Agreement],
    down: Sequence[str],
    across: Sequence[str],
    what: str,
) -> Figure:
    """Two heat maps side by side, from one set of rows and columns."""
    ratios = sorted(rows[0].overlap)
    ratio = ratios[len(ratios) // 2]
    labels = 0.055 * (max(map(len, down)) + 4)
    width = max(2 * COLUMN, 2 * (CELL * len(across) + 0.6) + labels)
    height = CELL * len(down) + 0.5 + 0.05 * max(map(len, across))
    with paper_style():
        figure = Figure((width, height), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        tau = matrix(lambda row: row.kendall_tau)
        share = matrix(lambda row: row.overlap[ratio])
        _heat_map(left, tau, down, across, f"Kendall's τ\n{what}", (-1.0, 1.0), "PuOr")
        title = f"overlap of the {numbers.share(ratio)} removed ({ratio:g} by chance)\n{what}"
        _heat_map(right, share, down, across, title, (0.0, 1.0), "Blues")
    return figure


def _heat_map(
    axes: Axes,
    values: NDArray[np.float64],
    down: Sequence[str],
    across: Sequence[str],
    title: str,
    span: tuple[float, float],
    colours: str,
) -> None:
    image = axes.imshow(values, cmap=colours, vmin=span[0], vmax=span[1], aspect="auto")
    axes.set_title(title)
    axes.set_xticks(range(len(across)), across, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(down)), down)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    shades = image.to_rgba(np.nan_to_num(values))
    for (y, x), value in np.ndenumerate(values):
        text = "" if down[y] == across[x] else _two_places(value)
        colour = "white" if math.isfinite(value) and _is_dark(*shades[y, x, :3]) else INK
        axes.text(x, y, text, ha="center", va="center", size=5.5, color=colour)


def _is_dark(red: float, green: float, blue: float) -> bool:
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5


def _two_places(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else numbers.MISSING


def _defined(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
