"""The few figures of an archive's page and one of each other kind, light enough for a repository."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

from PIL import Image

from prunebench.reports.figures.gallery import Drawn
from prunebench.reports.figures.style.canvas import rendered

# What a figure's name begins with → what it shows; those of an archive's page, in its order.
SHOWN = {
    "ranking_at_equal_macs": "Difference from `random` at equal MACs",
    "map_vs_macs_over_networks": "Networks against each other: test mAP against MACs",
    "map_vs_macs": "Test mAP against MACs",
    "controls": "Criteria against their own reverse, and shapes trained from scratch",
    "recovery": "Validation mAP over the steps of fine-tuning",
    "methods": "Methods by family: difference from `random` at the same budget",
}
# Those that the gallery alone shows.
OTHERS = {
    "map_vs_": "Test mAP against another cost",
    "map_vs_parameters_over_networks": "Networks against each other: test mAP against parameters",
    "ranking_at_equal_parameters": "Difference from `random` at equal parameters",
    "before_and_after": "Test mAP before and after fine-tuning",
    "attainment": "Test mAP that half of the seeds attain at each number of MACs",
    "agreement": "Share of the removed filters that two criteria have in common",
    "class_changes": "Gain and loss of each class's average precision",
    "filters_kept": "Filters kept in each layer",
    "sensitivity": "Each layer pruned alone",
    "speed_up": "Measured speed-up against the ratio of MACs",
    "critical_difference": "Critical-difference diagram over data sets and base models",
}
KINDS = SHOWN | OTHERS
# Allocations of archives beside the uniform one, as captions name them.
ALLOCATED = ("global", "searched")
MOST, OF_A_KIND = 6, 2  # on the page of an archive, and of one kind
SCALE = 0.45  # of the 300 dots an inch of a report
COLOURS = 256  # by coverage, which keeps the colour of a rare mark
LIMIT = 150_000  # bytes of a file


def kind_of(name: str) -> str:
    """The kind of a figure, by the longest beginning of its name; nothing where it has none."""
    found = [k for k in KINDS if name == k or name.startswith(k if k.endswith("_") else f"{k}_")]
    return max(found, key=len, default="")


def in_order(names: Iterable[str]) -> list[str]:
    """By kind, then by name."""
    return sorted(names, key=lambda name: (list(KINDS).index(kind_of(name)), len(name), name))


def drawn_for(pages: Path, archive: str) -> list[str]:
    """Names of the figures that were drawn for an archive, those of its page and of the gallery."""
    return in_order(path.stem.removeprefix(f"{archive}--") for path in _files(pages, archive))


def figure_names(pages: Path, archive: str) -> list[str]:
    """Names of the figures of an archive's page, in its order."""
    return [name for name in drawn_for(pages, archive) if kind_of(name) in SHOWN]


def caption(name: str) -> str:
    """What a figure shows."""
    return KINDS[kind_of(name)]


def write_figures(
    figures: Mapping[str, Drawn], pages: Path, archive: str, wanted: Iterable[str], *, page: bool = True
) -> None:
    """Draw again the figures of an archive's page, and one of each kind that the gallery takes from it.

    Args:
        figures: name → figure of the report; of one kind those of uniform pruning come first.
        pages: the folder of the pages; figures stand in `figures/` beside them.
        archive: its name.
        wanted: kinds that the gallery takes from it.
        page: whether the archive has a page.
    """
    for old in _files(pages, archive):
        old.unlink()
    (pages / "figures").mkdir(parents=True, exist_ok=True)
    names = in_order(name for name in figures if kind_of(name))
    names.sort(key=lambda name: any(f" · {way}" in figures[name].caption for way in ALLOCATED))
    chosen = _of_page(names) if page else []
    for kind in wanted:
        chosen += [name for name in names if kind_of(name) == kind][:1]
    for name in dict.fromkeys(chosen):
        target = pages / "figures" / f"{archive}--{name}.png"
        target.write_bytes(_light(rendered(figures[name].figure, "png")))


def _of_page(names: list[str]) -> list[str]:
    """The first of each kind, then the second of each; no more than two of a kind."""
    of_kind = [[name for name in names if kind_of(name) == kind][:OF_A_KIND] for kind in SHOWN]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*of_kind))
    return [name for name in turns if name][:MOST]


def _files(pages: Path, archive: str) -> list[Path]:
    return sorted((pages / "figures").glob(f"{archive}--*.png"))


def _light(image: bytes) -> bytes:
    """The image in a table of colours, smaller until it is light enough."""
    scale, size, data = SCALE, LIMIT, b""
    while size >= LIMIT:
        with Image.open(io.BytesIO(image)) as whole:
            places = (round(scale * whole.width), round(scale * whole.height))
            small = whole.resize(places, Image.Resampling.LANCZOS)
        small = small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        stream = io.BytesIO()
        small.save(stream, format="png", optimize=True, dpi=(300 * scale, 300 * scale))
        data = stream.getvalue()
        size, scale = len(data), scale * 0.9
    return data
