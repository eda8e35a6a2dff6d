"""Panels: what may be compared side by side, because all but the criterion and the ratio is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from prunebench.eval.run.record import OWN, Record

ONE_SHOT = "one-shot"
SCRATCH = ("scratch", "scratch-macs")
PLACE = ("run", "data", "scope", "allocation", "finetune_scope", "schedule")  # columns that name a panel
UnprunedWidths = Mapping[tuple[str, str], tuple[int, ...]]


@dataclass(frozen=True, order=True)
class Panel:
    """One data set, scope, allocation, fine-tuning scope and schedule, and the widths of the base model.

    `base_widths` is empty where a data set has one architecture only, so that titles need not say it; `run` is the
    name of the run where runs that are reported together hold different cells in the same place.
    """

    data: str
    scope: str
    allocation: str
    finetune_scope: str
    base_widths: tuple[int, ...] = ()
    schedule: str = ONE_SHOT
    run: str = ""

    @property
    def place(self) -> tuple[str, ...]:
        """What stands in tables below each of `PLACE`."""
        return self.run, self.data, self.scope, self.allocation, self.finetune_scope, self.schedule

    @property
    def title(self) -> str:
        """`synth · C7–C12 pruned · fine-tuning: tail`."""
        parts = [self.run] if self.run else []
        parts += [self.data, "nothing pruned" if self.scope == "none" else f"{_dash(self.scope)} pruned"]
        if self.allocation != "uniform":
            parts.append(self.allocation)
        parts.append(
            "not fine-tuned" if self.finetune_scope == "none" else f"fine-tuning: {self.finetune_scope}"
        )
        if self.schedule != ONE_SHOT:
            parts.append(self.schedule)
        if self.base_widths:
            parts.append(f"base widths {self.base_widths[0]}–{self.base_widths[-1]}")
        return " · ".join(parts)


def base_of(record: Record) -> tuple[str, int]:
    """Which base model a cell starts from."""
    return record.base, record.base_seed


def by_panel(records: Iterable[Record]) -> dict[Panel, list[Record]]:
    """The records of each panel.

    Criteria and their reversals make the panels; the other controls stand in every panel they can be held
    against: the unpruned model in all of its data set and architecture, after fine-tuning in those of its
    scope and fine-tuning scope, which share a learning rate, the shape trained from scratch in those of its
    scope and allocation. A data set with controls alone gets the panels that these name. A criterion that chose
    how many filters go stands beside the others, at its own cost.
    """
    found = list(records)
    widths = _several_architectures(found)
    pruned = [r for r in found if r.control in (None, "reversed")]
    panels: dict[Panel, list[Record]] = {}
    for record in sorted(pruned, key=lambda r: r.allocation == OWN):
        own = _panel(record, widths)
        homes = [panel for panel in panels if _but_for_allocation(panel) == _but_for_allocation(own)]
        for panel in (homes or [own]) if record.allocation == OWN else [own]:
            panels.setdefault(panel, []).append(record)
    for data in {r.data for r in found} - {r.data for r in pruned}:
        controls = [r for r in found if r.data == data]
        for record in [r for r in controls if r.control != "unpruned"] or controls:
            panels.setdefault(_panel(record, widths), [])
    for panel, members in panels.items():
        kin = [r for r in found if (r.data, widths.get(_base(r), ())) == (panel.data, panel.base_widths)]
        members += [r for r in kin if r.control == "unpruned"]
        tuned = ("unpruned-fine-tuned", panel.scope, panel.finetune_scope)
        members += [r for r in kin if (r.control, r.scope, r.finetune_scope) == tuned]
        shape = (panel.scope, panel.allocation)
        members += [r for r in kin if r.control in SCRATCH and (r.scope, r.allocation) == shape]
    return dict(sorted(panels.items()))


def _dash(scope: str) -> str:
    return scope.replace("-", "–")


def _base(record: Record) -> tuple[str, str]:
    return record.data, record.base


def _panel(record: Record, widths: UnprunedWidths) -> Panel:
    base = widths.get(_base(record), ())
    return Panel(record.data, record.scope, record.allocation, record.finetune_scope, base, record.schedule)


def _but_for_allocation(panel: Panel) -> Panel:
    return replace(panel, allocation="")


def _several_architectures(records: Sequence[Record]) -> UnprunedWidths:
    """Widths of the base models of data sets that have more than one architecture."""
    known = {
        _base(r): r.widths for r in records if r.control in ("unpruned", "unpruned-fine-tuned") and r.widths
    }
    of_data: dict[str, set[tuple[int, ...]]] = {}
    for (data, _), widths in known.items():
        of_data.setdefault(data, set()).add(widths)
    return {key: widths for key, widths in known.items() if len(of_data[key[0]]) > 1}
