"""The few figures of an archive's page, light enough for a repository."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from prunebench.reports import Report
from prunebench.reports.figures.gallery import figures_of
from prunebench.reports.figures.style.canvas import rendered

# What a figure's name begins with → what it shows; in the order of a page.
SHOWN = {
    "ranking_at_equal_macs": "Difference from `random` at equal MACs",
    "map_vs_macs": "Test mAP against MACs",
    "controls": "Criteria against their own reverse, and shapes trained from scratch",
    "recovery": "Validation mAP over the steps of fine-tuning",
    "methods": "Methods by family: difference from `random` at the same budget",
}
MOST = 4  # a page
SCALE = 0.45  # of the 300 dots an inch of a report
COLOURS = 256
LIMIT = 150_000  # bytes of a file


def figure_names(pages: Path, archive: str) -> list[str]:
    """Names of the figures of an archive that are there, in the order of a page."""
    found = [path.stem.removeprefix(f"{archive}--") for path in (pages / "figures").glob(f"{archive}--*.png")]
    return sorted(found, key=lambda name: (list(SHOWN).index(_kind(name)), name))


def caption(name: str) -> str:
    """What a figure shows."""
    return SHOWN[_kind(name)]


def write_figures(report: Report, pages: Path, archive: str) -> None:
    """Draw the figures of an archive anew, in `figures/` beside the pages."""
    folder = pages / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{archive}--*.png"):
        old.unlink()
    drawn = {each.name: each.figure for each in figures_of(report) if _kind(each.name)}
    for name in sorted(drawn, key=lambda name: (list(SHOWN).index(_kind(name)), name))[:MOST]:
        (folder / f"{archive}--{name}.png").write_bytes(_light(rendered(drawn[name], "png")))


def _kind(name: str) -> str:
    """The entry of `SHOWN` that a name belongs to, or nothing."""
    return next((kind for kind in SHOWN if name == kind or name.startswith(f"{kind}_")), "")


def _light(image: bytes) -> bytes:
    """The image in a table of colours, smaller until it is light enough."""
    scale, size = SCALE, LIMIT + 1
    while size > LIMIT:
        with Image.open(io.BytesIO(image)) as whole:
            places = (round(scale * whole.width), round(scale * whole.height))
            small = whole.resize(places, Image.Resampling.LANCZOS)
        small = small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        stream = io.BytesIO()
        small.save(stream, format="png", optimize=True, dpi=(300 * scale, 300 * scale))
        size, scale = stream.tell(), scale * 0.9
    return stream.getvalue()
