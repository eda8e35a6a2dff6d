"""Several networks on one data set in one figure: which of their panels stand together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prunebench.eval.run.record import CNN14
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.panel import ONE_SHOT, Panel
from prunebench.reports.points.point import Point


@dataclass(frozen=True)
class Overlay:
    """Networks that were pruned under the same settings.

    Args:
        panels: one a network, Cnn14 first; of a network that was pruned in several scopes, the one that reaches the
            fewest MACs; of one with an unpruned model alone, that.
        alike: whether allocation, fine-tuning scope, schedule and length are the same in all that were pruned.
    """

    panels: tuple[Panel, ...]
    alike: bool

    @property
    def title(self) -> str:
        """`synth · fine-tuning: all`."""
        first = self.panels[0]
        parts = [first.run] if first.run else []
        parts.append(first.data)
        pruned = next((panel for panel in self.panels if panel.scope != "none"), first)
        if not self.alike:
            return " · ".join([*parts, "each with settings of its own"])
        parts += [pruned.allocation] if pruned.allocation != "uniform" else []
        tuned = pruned.finetune_scope
        parts.append("not fine-tuned" if tuned == "none" else f"fine-tuning: {tuned}")
        parts += [pruned.schedule] if pruned.schedule != ONE_SHOT else []
        parts += [pruned.length] if pruned.length else []
        return " · ".join(parts)


def name_of(panel: Panel) -> str:
    """The network, with its widths where it has several on the data set: `cnn14, widths 8–256`."""
    widths = f", widths {panel.widths_label}" if panel.base_widths else ""
    return panel.network + widths


def overlays_of(points: Sequence[Point]) -> list[Overlay]:
    """Of each data set with several networks, one for each settings that two networks share.

    Where no two share their settings, one with the panel of each that reaches the fewest MACs. None where all points
    are of Cnn14.
    """
    panels = list(dict.fromkeys(p.panel for p in points))
    pruned = {p.panel for p in points if p.control is None}
    found = []
    for run, data in dict.fromkeys((panel.run, panel.data) for panel in panels if panel.named):
        own = [panel for panel in panels if (panel.run, panel.data) == (run, data)]
        cut = [panel for panel in own if panel in pruned]
        rest = [panel for panel in own if name_of(panel) not in set(map(name_of, cut))]
        alike = [
            [p for p in cut if _settings(p) == settings] for settings in dict.fromkeys(map(_settings, cut))
        ]
        shared = [members for members in alike if len(set(map(name_of, members))) > 1]
        for members in shared or [cut]:
            chosen = _one_each([*members, *rest], points)
            if len(chosen) > 1 and cut:
                found.append(Overlay(tuple(chosen), members in shared or len(set(map(_settings, cut))) == 1))
    return found


def _settings(panel: Panel) -> tuple[str, ...]:
    return panel.allocation, panel.finetune_scope, panel.schedule, panel.length


def _one_each(panels: Iterable[Panel], points: Sequence[Point]) -> list[Panel]:
    """The panel of each network that reaches the fewest MACs, Cnn14 first."""
    best: dict[str, tuple[float, Panel]] = {}
    for panel in panels:
        least = min((MACS.of(p) for p in points if p.panel == panel), default=0.0)
        held = best.setdefault(name_of(panel), (least, panel))
        if least < held[0]:
            best[name_of(panel)] = least, panel
    return [
        panel
        for _, (_, panel) in sorted(best.items(), key=lambda item: (item[1][1].network != CNN14, item[0]))
    ]
