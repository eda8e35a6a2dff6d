"""Panels: what may be compared side by side, because all but the criterion and the ratio is the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from prunebench.eval.run.record import CNN14, OWN, Record
from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.eval.run.sparsity import is_penalised
from prunebench.reports.points.lengths import is_short, length_of
from prunebench.reports.points.name_ranges import in_ranges
from prunebench.reports.points.width_labels import labels_of

ONE_SHOT = "one-shot"
PLACE = ("run", "data", "scope", "allocation", "finetune_scope", "schedule")  # columns that name a panel
NAMING = (  # fields that say how titles and tables name a panel, not which it is
    "named",
    "short",
    "by_length",
    "widths_label",
    "by_widths",
)
WORDS = ("inner", "all")  # scopes that are words and no names of groups
DataAndNetwork: TypeAlias = tuple[str, str]  # data set, network
UnprunedWidths: TypeAlias = Mapping[tuple[str, str, str], tuple[tuple[int, ...], str]]
"""Data set, network and base model → widths, and what they are called."""
ONE_ARCHITECTURE: tuple[tuple[int, ...], str] = ((), "")


@dataclass(frozen=True, order=True)
class Panel:
    """One data set, network, scope, allocation, fine-tuning scope, schedule and length, and the base model's widths.

    Args:
        data: label of the data set.
        network: label of the network.
        scope: layers that are pruned.
        allocation: allocation as in the record.
        finetune_scope: layers fine-tuned, as in the record.
        base_widths: widths of the base model, empty where a network has one set of widths on a data set, so that
            titles need not say it.
        schedule: schedule as in the record.
        run: name of the run where runs that are reported together hold different cells in the same place.
        named: whether titles and tables name the network, because what is reported holds another than Cnn14.
        length: length of the fine-tuning, empty where cells have one length.
        short: whether they were fine-tuned longer besides.
        by_length: whether tables name the length, because what is reported holds several.
        widths_label: what titles call the base widths, no two sets of widths of a network on a data set alike.
        by_widths: whether tables name the base widths, because what is reported holds several of a network.
    """

    data: str
    network: str = field(default=CNN14, kw_only=True)
    scope: str
    allocation: str
    finetune_scope: str
    base_widths: tuple[int, ...] = ()
    schedule: str = ONE_SHOT
    run: str = ""
    named: bool = field(default=False, kw_only=True, compare=False)
    length: str = field(default="", kw_only=True)
    short: bool = field(default=False, kw_only=True, compare=False)
    by_length: bool = field(default=False, kw_only=True, compare=False)
    widths_label: str = field(default="", kw_only=True, compare=False)
    by_widths: bool = field(default=False, kw_only=True, compare=False)

    @property
    def place(self) -> tuple[str, ...]:
        """What stands in tables below each of `place_columns`."""
        network = (self.network,) if self.named else ()
        how = (self.scope, self.allocation, self.finetune_scope, self.schedule)
        length = (self.length,) if self.by_length else ()
        return self.run, self.data, *network, *how, *length, *((self.widths_label,) if self.by_widths else ())

    @property
    def filters_of(self) -> str:
        """Whose filters go: `C7–C12`, `the inner groups`, `features.3.conv.0`."""
        if self.scope in WORDS:
            return f"the {self.scope} groups" if self.scope != "all" else "all groups"
        scope = ", ".join(in_ranges(self.scope.split(",")))
        return re.sub(r"\b(C\d+)-(C\d+)\b", r"\1–\2", scope)

    @property
    def title(self) -> str:
        """`synth · C7–C12 pruned · fine-tuning: tail`, `synth · resnet22 · inner groups pruned · …`."""
        parts = [self.run] if self.run else []
        parts += [self.data, *([self.network] if self.named else [])]
        pruned = self.filters_of.removeprefix("the ")
        parts.append("nothing pruned" if self.scope == "none" else f"{pruned} pruned")
        if self.allocation != "uniform":
            parts.append(self.allocation)
        parts.append(
            "not fine-tuned" if self.finetune_scope == "none" else f"fine-tuning: {self.finetune_scope}"
        )
        if self.schedule != ONE_SHOT:
            parts.append(self.schedule)
        if self.length:
            parts.append(self.length)
        if self.base_widths:
            parts.append(f"base widths {self.widths_label}")
        return " · ".join(parts)


def place_columns(panels: Iterable[Panel]) -> tuple[str, ...]:
    """`PLACE`, with the network behind the data set, length and base widths at the end where panels name them."""
    found = list(panels)
    run, data, *others = PLACE
    network = ("network",) if any(panel.named for panel in found) else ()
    length = ("length",) if any(panel.by_length for panel in found) else ()
    widths = ("base_widths",) if any(panel.by_widths for panel in found) else ()
    return (run, data, *network, *others, *length, *widths)


def names_networks(records: Iterable[Record]) -> bool:
    """Whether reports of these records name the network: one is not Cnn14."""
    return any(record.network != CNN14 for record in records)


def subject_of(record: Record) -> DataAndNetwork:
    """Data set and network of a cell."""
    return record.data, record.network


def base_of(record: Record) -> tuple[str, int]:
    """Which base model a cell starts from."""
    return record.base, record.base_seed


def by_panel(records: Iterable[Record], *, named: bool | None = None) -> dict[Panel, list[Record]]:
    """The records of each panel.

    Criteria and their reversals make the panels; the other controls stand in every panel they can be held
    against: the unpruned model in all of its data set, network and widths, after fine-tuning in those of its
    scope, fine-tuning scope and length, which share a learning rate, the shape trained from scratch in those of its
    scope and allocation. A network with controls alone on a data set gets the panels that these name. A criterion that
    chose how many filters go stands beside the others, at its own cost. So do cells on base models that a penalty
    changed, but for their unpruned models: all are held against the controls of as many plain steps.

    Args:
        records: of all panels.
        named: whether panels name their network; by default where one of the records is not of Cnn14.
    """
    found = [r for r in records if r.criterion is not None or not is_penalised(r)]
    if named is None:
        named = names_networks(found)
    widths = _several_architectures(found)
    pruned = [r for r in found if r.control in (None, "reversed")]
    panels: dict[Panel, list[Record]] = {}
    for record in sorted(pruned, key=lambda r: r.allocation == OWN):
        own = _panel(record, widths, named=named)
        homes = [panel for panel in panels if _but_for_allocation(panel) == _but_for_allocation(own)]
        for panel in (homes or [own]) if record.allocation == OWN else [own]:
            panels.setdefault(panel, []).append(record)
    for subject in {subject_of(r) for r in found} - {subject_of(r) for r in pruned}:
        controls = [r for r in found if subject_of(r) == subject]
        for record in [r for r in controls if r.control != "unpruned"] or controls:
            panels.setdefault(_panel(record, widths, named=named), [])
    for panel, members in panels.items():
        subject = panel.data, panel.network
        alike = [r for r in found if subject_of(r) == subject]
        kin = [r for r in alike if widths.get(_base(r), ONE_ARCHITECTURE)[0] == panel.base_widths]
        members += [r for r in kin if r.control == "unpruned"]
        tuned = ("unpruned-fine-tuned", panel.scope, panel.finetune_scope, panel.length)
        members += [r for r in kin if (r.control, r.scope, r.finetune_scope, length_of(r)) == tuned]
        shape = (panel.scope, panel.allocation)
        members += [r for r in kin if r.control in FROM_SCRATCH and (r.scope, r.allocation) == shape]
    return dict(sorted(panels.items(), key=lambda item: _in_order_of_the_network(item[0])))


def _in_order_of_the_network(panel: Panel) -> Panel:
    """A key to sort by: layer C2 comes before layer C10."""
    return replace(panel, scope=re.sub(r"\d+", lambda number: number[0].zfill(4), panel.scope))


def _base(record: Record) -> tuple[str, str, str]:
    return *subject_of(record), record.base


def _panel(record: Record, widths: UnprunedWidths, *, named: bool) -> Panel:
    base_widths, label = widths.get(_base(record), ONE_ARCHITECTURE)
    return Panel(
        record.data,
        record.scope,
        record.allocation,
        record.finetune_scope,
        base_widths,
        record.schedule,
        network=record.network,
        named=named,
        length=length_of(record),
        short=is_short(record),
        widths_label=label,
    )


def _but_for_allocation(panel: Panel) -> Panel:
    return replace(panel, allocation="")


def _several_architectures(records: Sequence[Record]) -> UnprunedWidths:
    """Widths of the base models of networks that have several on a data set."""
    whole = [r for r in records if r.control in ("unpruned", "unpruned-fine-tuned") and r.widths]
    of_subject: dict[DataAndNetwork, dict[tuple[int, ...], tuple[str, ...]]] = {}
    for record in whole:
        of_subject.setdefault(subject_of(record), {})[record.widths] = record.groups
    labels = {subject: labels_of(found) for subject, found in of_subject.items() if len(found) > 1}
    return {_base(r): (r.widths, labels[subject_of(r)][r.widths]) for r in whole if subject_of(r) in labels}
