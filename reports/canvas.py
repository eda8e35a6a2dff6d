"""The style of all figures, and figures as files that repeat to the last byte."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

COLUMN = 3.4  # width of one column of a paper, in inches
FORMATS = ("png", "svg", "pdf")
# Without these the files would carry the date and the version of Matplotlib.
_OPTIONS: dict[str, Any] = {"png": {"pil_kwargs": {"compress_level": 3}}}  # a tenth larger, in half the time
_METADATA = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def filled(text: str, width: float, size: float = 7.0) -> str:
    """Text in lines that fit a figure.

    Args:
        text: to be broken between words.
        width: of the figure, in inches.
        size: of the letters, in points.
    """
    return textwrap.fill(text, max(20, round(width * 72 / size / 0.56)))


@contextmanager
def paper_style() -> Iterator[None]:
    """Matplotlib's settings for figures, only inside the block."""
    style = resources.files("prunebench.reports") / "paper.mplstyle"
    with resources.as_file(style) as path, matplotlib.style.context(["default", str(path)]):
        yield


def rendered(figure: Figure, kind: str) -> bytes:
    """The figure as the bytes of a `"png"`, `"svg"` or `"pdf"` file."""
    stream = io.BytesIO()
    with paper_style():
        engine = figure.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.execute(figure)  # once for all files of the figure: it costs as much as drawing
            figure.set_layout_engine("none")
        figure.savefig(stream, format=kind, metadata=_METADATA[kind], **_OPTIONS.get(kind, {}))
    return stream.getvalue()
