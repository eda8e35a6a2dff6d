"""The style of all figures, and figures as files that repeat to the last byte."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

COLUMN = 3.4  # width of one column of a paper, in inches
FORMATS = ("png", "svg", "pdf")
# Without these the files would carry the date and the version of Matplotlib.
_METADATA = {
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
    return textwrap.fill(text, max(20, round(width * 72 / size / 0.53)), break_on_hyphens=False)


@contextmanager
def paper_style() -> Iterator[None]:
    """Matplotlib's settings for figures, only inside the block."""
    style = resources.files("prunebench.reports.figures.style") / "paper.mplstyle"
    with resources.as_file(style) as path, matplotlib.style.context(["default", str(path)]):
        yield


def rendered(figure: Figure, kind: str) -> bytes:
    """The figure as the bytes of a `"png"`, `"svg"` or `"pdf"` file."""
    stream = io.BytesIO()
    with paper_style():
        engine = figure.get_layout_engine()
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.execute(figure)  # once for all files of the figure: it costs as much as drawing
            figure.set_layout_engine(None)  # "none" leaves a placeholder, for which each file is drawn twice
        if kind == "png":
            _save_png(figure, stream)
        else:
            figure.savefig(stream, format=kind, metadata=_METADATA[kind])
    return stream.getvalue()


def _save_png(figure: Figure, stream: io.BytesIO) -> None:
    """Opaque, as papers are: without the channel that Matplotlib adds the file is smaller, and sooner compressed."""
    dots, before = matplotlib.rcParams["savefig.dpi"], figure.dpi
    figure.set_dpi(dots)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    figure.set_dpi(before)
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    image = Image.fromarray(pixels[..., :3])
    image.save(stream, format="png", dpi=(dots, dots), compress_level=3)  # a tenth larger, in half the time
