"""The style of all figures, and figures as files that repeat to the last byte."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from PIL import Image

COLUMN = 3.4  # width of one column of a paper, in inches
FILL = 0.96  # share of the width that a line of text takes at most
NOTE = 6.0  # points: letters of a note that says what a figure shows
FORMATS = ("png", "svg", "pdf")
# Without these the files would carry the date and the version of Matplotlib.
_METADATA = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def filled(text: str, width: float, size: float = 7.0) -> str:
    """Text in as few lines as fit a figure, measured letter by letter; no line is much shorter than the others.

    A word that is wider than a line is broken.

    Args:
        text: to be broken between words.
        width: of the figure, in inches.
        size: of the letters, in points.
    """
    room = FILL * width * 72 / size
    words = re.split(r"[ \n\t]+", text.replace(" · ", "\u00a0· "))  # no line begins with a separator
    lines, longest = _lines(words, room), max(map(_ems, words))
    if len(lines) == 1 or longest > room:
        return "\n".join(lines)
    narrow = longest
    while room - narrow > 0.5:  # the narrowest that takes as many lines
        middle = (narrow + room) / 2
        found = _lines(words, middle)
        if len(found) == len(lines):
            lines, room = found, middle
        else:
            narrow = middle
    return "\n".join(lines)


def note_above(legend: Legend, note: str, width: float) -> None:
    """A small note above the entries of a legend outside the panels.

    Args:
        legend: of a figure.
        note: nothing for none.
        width: of the figure, in inches.
    """
    if note:
        legend.set_title(filled(note, width, NOTE), prop=FontProperties(size=NOTE))


def _lines(words: Sequence[str], room: float) -> list[str]:
    """Each line as full as it gets, of a width in sizes of the letters."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if _ems(longer) <= room:
            lines[-1] = longer
            continue
        lines += [word] if lines[-1] else []
        lines[-1] = word
        while _ems(lines[-1]) > room and len(lines[-1]) > 1:
            whole = lines.pop()
            fits = max(1, next(i for i in range(len(whole)) if _ems(whole[: i + 1]) > room))
            lines += [whole[:fits], whole[fits:]]
    return lines


def _ems(text: str) -> float:
    """How wide a text is, in sizes of its letters."""
    return sum(map(_advance, text))


@cache
def _advance(letter: str) -> float:
    font = get_font(findfont("DejaVu Sans"))
    font.set_size(1000, 72)
    return font.load_char(ord(letter)).linearHoriAdvance / 65536 / 1000


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
