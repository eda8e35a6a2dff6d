"""Labels beside their marks, none on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text

from prunebench.reports.figures.style.network_looks import NetworkLook

ROUNDS = 500  # of moving labels; a limit of time would place them differently on a slower machine


def place_labels(axes: Axes, labels: Sequence[tuple[float, float, str]], size: float = 5.5) -> list[Text]:
    """Label marks at data coordinates; call it when the figure is laid out.

    Labels are moved apart, off the marks and into the panel by adjustText, with a thin line to a mark that is not
    beside its label. The same marks give the same places.

    Args:
        axes: the panel.
        labels: x, y, text.
        size: of the text, in points.
    """
    from adjustText import adjust_text  # it imports pyplot, which a report without figures does without

    figure = axes.get_figure(root=True)
    if figure is None or not labels:
        return []
    FigureCanvasAgg(figure)  # texts are measured by a renderer
    texts = [axes.text(x, y, text, fontsize=size) for x, y, text in labels]
    adjust_text(
        texts,
        [x for x, _, _ in labels],
        [y for _, y, _ in labels],
        ax=axes,
        iter_lim=ROUNDS,
        min_arrow_len=8,
        arrowprops={"arrowstyle": "-", "linewidth": 0.3, "color": "#606060"},
    )
    return texts


def stack_labels(
    axes: Axes, labels: Sequence[tuple[float, float, str, str]], *, left: float, size: float = 5.5
) -> list[Annotation]:
    """Labels in a column at the left of their marks, in the order of the marks, thin lines in colour between.

    Args:
        axes: the panel, laid out, with room at the left.
        labels: x and y of the mark, text and colour of the line.
        left: points from the marks to the column's right edge.
        size: of the text, in points.
    """
    figure = axes.get_figure(root=True)
    if figure is None or not labels:
        return []
    unit, step = figure.dpi / 72, 1.25 * size
    ordered = sorted(labels, key=lambda label: label[1])
    heights = [float(axes.transData.transform((x, y))[1]) / unit for x, y, *_ in ordered]
    floor, ceiling = (edge / unit for edge in axes.get_window_extent().intervaly)
    places = _pushed_apart(heights, step, floor + step / 2, ceiling - step / 2)
    placed = []
    for (x, y, text, colour), height, place in zip(ordered, heights, places, strict=True):
        line = {"arrowstyle": "-", "linewidth": 0.6, "color": colour, "shrinkA": 1, "shrinkB": 2}
        note = axes.annotate(
            text,
            (x, y),
            (-left, place - height),
            textcoords="offset points",
            fontsize=size,
            horizontalalignment="right",
            verticalalignment="center",
            arrowprops={**line, "relpos": (1, 0.5)},
        )
        placed.append(note)
    return placed


def names_above(
    axes: Axes,
    labels: Sequence[tuple[float, float, str]],
    looks: Mapping[str, NetworkLook],
    *,
    size: float = 6.5,
) -> list[Text]:
    """Names in rows above all marks, flags on lines that rise from theirs; the axis is lengthened for them.

    A name lies left of its line, and above those whose lines it would cross. The line has the dashes of the name and
    ends in its marker, so that no legend need repeat the name.

    Args:
        axes: the panel, laid out.
        labels: x and y of the mark, text.
        looks: text → its marker and dashes.
        size: of the text, in points.
    """
    figure = axes.get_figure(root=True)
    if figure is None or not labels:
        return []
    FigureCanvasAgg(figure)  # texts are measured by a renderer
    _make_room(axes, labels, size)
    box, step = axes.get_window_extent(), 1.35 * size * figure.dpi / 72
    placed: list[tuple[Text, float, int]] = []
    for x, y, text in sorted(labels):
        right = float(axes.transData.transform((x, y))[0]) - 0.5 * size * figure.dpi / 72
        name = axes.text(x, y, text, fontsize=size, horizontalalignment="right", verticalalignment="center")
        width = name.get_window_extent().width
        right = max(right, box.x0 + width)
        below = [row for _, taken, row in placed if taken + step > right - width]
        placed.append((name, right, max(below, default=-1) + 1))
    low, high = axes.get_ylim()
    band = (max(row for *_, row in placed) + 1.3) * step
    axes.set_ylim(low, low + (high - low) * box.height / (box.height - band))
    for (x, y, text), (name, right, row) in zip(sorted(labels), placed, strict=True):
        place = axes.transData.inverted().transform((right, box.y1 - band + (row + 0.7) * step))
        name.set_position((float(place[0]), float(place[1])))
        axes.plot(
            [x, x],
            [y, place[1]],
            color="#606060",
            linewidth=0.6,
            linestyle=looks[text].dash,
            marker=looks[text].marker,
            markevery=[1],
            markersize=3.6,
            zorder=1.2,
            scaley=False,
        )
    return [name for name, *_ in placed]


def _make_room(axes: Axes, labels: Sequence[tuple[float, float, str]], size: float) -> None:
    """Lengthen the axis to the left so that names fit left of their marks, by at most its own length."""
    figure, width = axes.get_figure(root=True), axes.get_window_extent().width
    assert figure is not None
    low, high = (float(x) for x in axes.transScale.transform([(x, 1) for x in axes.get_xlim()])[:, 0])
    least = low
    for x, _, text in labels:
        name = axes.text(x, 1, text, fontsize=size)
        need = name.get_window_extent().width + 0.7 * size * figure.dpi / 72
        name.remove()
        at = float(axes.transScale.transform((x, 1))[0])
        if need < width:
            least = min(least, (width * at - need * high) / (width - need))
    least = max(least, low - (high - low))
    axes.set_xlim(left=float(axes.transScale.inverted().transform((least, 1))[0]))


def _pushed_apart(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Rising places from low to high, a step apart or more, near the wanted ones: those that collide share a middle."""

    def start(group: Sequence[float]) -> float:
        length = step * (len(group) - 1)
        return max(low, min(sum(group) / len(group) - length / 2, high - length))

    groups: list[list[float]] = []
    for place in wanted:
        groups.append([place])
        while len(groups) > 1 and start(groups[-1]) - start(groups[-2]) < step * len(groups[-2]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [start(group) + i * step for group in groups for i in range(len(group))]
