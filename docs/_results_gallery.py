"""`docs/results/gallery.md`: each kind of figure once, from the archive that carries most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from _results_figures import KINDS, OTHERS, drawn_for, kind_of
from _results_fill import filled
from _results_page import MADE, standing
from _results_reading import READING

from prunebench.reports import Report

HEAD = """After this page you know each kind of figure that a report can hold, and how to read it. Each is shown once,
from a run that is archived in the repository; `prunebench report examples/results/NAME -o report` draws it at full
size as PNG, SVG and PDF. A kind is not here if no archived run has its data. Figures that would show nothing are
[left out](../howto/report.md#which-figures-there-are) of a report."""

# Name of the figures → archives that are reported together, for kinds that no archive shows by itself.
TOGETHER = {"esc50-and-synth": ("esc50", "synth")}


def weightiest(reports: Mapping[str, Report]) -> list[str]:
    """Archives, those that claim first, then those with more base models."""

    def weight(name: str) -> tuple[bool, int, str]:
        bases = min((found.bases for found in reports[name].detectable), default=0)
        return standing(reports[name]) != "claim", -bases, name

    return sorted(reports, key=weight)


def taken_from(kinds: Mapping[str, Sequence[str]], order: Sequence[str]) -> dict[str, str]:
    """Kind → the archive that shows it, the first that can.

    Args:
        kinds: archive → kinds that it can show.
        order: of the archives.
    """
    return {kind: name for kind in KINDS for name in reversed(order) if kind in kinds.get(name, ())}


def gallery_page(pages: Path, reports: Mapping[str, Report]) -> str:
    """The page as Markdown, of the figures that are there."""
    order = weightiest(reports)
    drawn = {name: drawn_for(pages, name) for name in order}
    taken = taken_from({name: [kind_of(figure) for figure in found] for name, found in drawn.items()}, order)
    together = _drawn_together(pages)
    parts = [f"# Gallery\n\n{MADE}", HEAD]
    for kind, what in KINDS.items():
        if kind in taken:
            name = taken[kind]
            figure = next(figure for figure in drawn[name] if kind_of(figure) == kind)
            parts.append(f"## {what}\n\nFrom the run [`{name}`]({name}.md) ({standing(reports[name])}).")
            parts.append(f"![{what}](figures/{name}--{figure}.png)")
        elif kind in together:
            name, figure = together[kind]
            runs = TOGETHER[name]
            whose = " and ".join(f"[`{run}`]({run}.md) ({standing(reports[run])})" for run in runs)
            command = " ".join(f"examples/results/{run}" for run in runs)
            parts.append(f"## {what}\n\nFrom the runs {whose} in one report: `prunebench report {command}`.")
            parts.append(f"![{what}](figures/{name}--{figure}.png)")
        else:
            continue
        if kind in READING:
            parts.append(filled(READING[kind]))
    return "\n\n".join(parts) + "\n"


def kinds_together(found: Iterable[str], alone: set[str]) -> list[str]:
    """Kinds that the gallery takes from archives in one report: those that none of them shows by itself."""
    return [kind for kind in dict.fromkeys(found) if kind in OTHERS and kind not in alone]


def _drawn_together(pages: Path) -> dict[str, tuple[str, str]]:
    """Kind → archives in one report that show it, and its figure."""
    return {kind_of(figure): (name, figure) for name in TOGETHER for figure in drawn_for(pages, name)}


def kinds_to_draw(found: Mapping[str, Sequence[str]], order: Sequence[str]) -> dict[str, list[str]]:
    """Archive → kinds that the gallery alone shows and takes from it."""
    taken = taken_from(found, order)
    return {name: [kind for kind in OTHERS if taken.get(kind) == name] for name in found}
