"""Attainment surfaces: the best seed, the median and the worst, however many seeds there are."""

from statistics import median

import pytest

from prunebench.reports import make_report
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.statistics.attainment import surfaces_of
from prunebench.reports.tables.all_tables import data_tables


@pytest.fixture(params=[2, 3, 4, 5])
def report(maker, request):
    """One criterion at one ratio, whose seeds differ."""
    for seed in range(request.param):
        maker.cell(signal=0.5 + 0.3 * seed, criterion="l1", ratio=0.5, finetune_seed=seed)
    return make_report([maker.write()])


def test_the_levels_are_the_best_seed_the_median_and_the_worst(report):
    (point,) = report.points
    found = {s.level: s for s in surfaces_of(point.panel, report.points, MACS)}
    assert list(found) == ["best", "median", "worst"]
    assert point.n == found["best"].seeds
    for level, value in (("best", max), ("median", median), ("worst", min)):
        assert [map_ for _, map_ in found[level].corners] == [pytest.approx(value(point.maps))]
    percents = [surface.percent for surface in found.values()]
    assert percents == [100 / point.n, 50, 100]


def test_the_table_names_the_levels(report):
    (table,) = [table for table in data_tables(report, [], []) if table.name == "attainment"]
    at = table.columns.index("level")
    assert {row[at] for row in table.rows} == {"best", "median", "worst"}
    assert len({tuple(row) for row in table.rows}) == len(table.rows)
