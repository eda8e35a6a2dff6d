"""What the pruned models of each budget keep of the unpruned one, a line above the table at equal MACs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

from _results_fill import filled

from prunebench.eval.text.tables import markdown
from prunebench.reports import Report
from prunebench.reports.content import numbers
from prunebench.reports.points.panel import ONE_SHOT, Panel
from prunebench.reports.statistics.ranking import Ranking

LEFT = {"macs_backbone": "MACs", "parameters": "parameters"}


def said_budgets_left(report: Report, rankings: Sequence[Ranking]) -> Iterator[str]:
    """One sentence for each network and scope that was pruned once, by the same share in every layer."""
    told = {}
    for ranking in rankings:
        panel = ranking.panel
        if panel.allocation == "uniform" and panel.schedule == ONE_SHOT:
            told.setdefault((panel.data, panel.network, panel.filters_of), list(_of_panel(report, panel)))
    for (data, network, filters_of), parts in told.items():
        where = (
            f" ({markdown(data)}, `{network}`, filters of {markdown(filters_of)})" if len(told) > 1 else ""
        )
        if parts:
            yield filled(f"What pruning leaves{where}, without the front end: {'; '.join(parts)}.")


def _of_panel(report: Report, panel: Panel) -> Iterator[str]:
    points = [p for p in report.points if p.panel == panel]
    whole = [r for p in points if p.control == "unpruned" for r in p.records]
    ratios = sorted({p.ratio for p in points if p.control is None and not p.own_budget})
    for ratio in ratios:
        cells = [r for p in points if p.ratio == ratio and p.control is None for r in p.records]
        shares = []
        for name, what in LEFT.items():
            before, after = (
                [r.measures[name] for r in found if name in r.measures] for found in (whole, cells)
            )
            if before and after:
                shares.append(f"{numbers.share(fmean(after) / fmean(before))} of the {what}")
        if shares:
            yield f"with {numbers.share(ratio)} of the filters removed, {' and '.join(shares)}"
