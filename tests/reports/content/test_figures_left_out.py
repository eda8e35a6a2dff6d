"""Figures that would say nothing are left out, and a sentence says why."""

import dataclasses
import re

import pytest
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.reports import make_report
from prunebench.reports.content.figures_left_out import change_of, hardly_changes
from prunebench.reports.figures.gallery import figures_of
from prunebench.reports.points.cost_axis import MEMORY


def with_memory(maker, whole, *pruned):
    """A finished run whose shapes have these peaks of memory, the unpruned model's first."""
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5, 0.75), seeds=(0,)).write()
    path = maker.folder / "shapes.jsonl"
    lines = path.read_text().splitlines()
    assert len(lines) == 1 + len(pruned)
    peaks = dict(zip(sorted(lines, key=_macs, reverse=True), (whole, *pruned), strict=True))
    path.write_text(
        "".join(
            re.sub(r'"peak_memory_bytes": [\d.]+', f'"peak_memory_bytes": {peaks[line]}', line) + "\n"
            for line in lines
        )
    )
    return make_report([maker.folder])


def _macs(line):
    return sum(map(int, re.search(r'"widths": \[([^\]]*)\]', line).group(1).split(",")))


@pytest.mark.parametrize(
    ("peaks", "change"), [((8_000_000, 7_900_000, 7_960_000), 0.0125), ((100, 99, 98), 0.02)]
)
def test_a_change_is_the_largest_of_a_pruned_model_relative_to_the_unpruned_one(maker, peaks, change):
    report = with_memory(maker, *peaks)
    assert change_of(report.points, MEMORY) == pytest.approx(change)
    assert hardly_changes(report.points, MEMORY) == (change < 0.02)


def test_a_cost_that_pruning_hardly_changes_has_no_figure_but_a_sentence(maker):
    report = with_memory(maker, 8_000_000, 7_900_000, 7_960_000)
    names = {drawn.name for drawn in figures_of(report)}
    assert "map_vs_memory" not in names
    assert {"map_vs_macs", "map_vs_latency"} <= names
    assert (
        "No figure of mAP against peak memory: pruning changes it by 1.2\u00a0% at most." in report.left_out
    )


def test_a_cost_that_changes_has_its_figure(maker):
    report = with_memory(maker, 8_000_000, 7_000_000, 6_000_000)
    assert "map_vs_memory" in {drawn.name for drawn in figures_of(report)}
    assert not any("memory" in sentence for sentence in report.left_out)


def test_without_the_unpruned_model_nothing_is_said_of_a_change(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    assert not hardly_changes(make_report([maker.write()]).points, MEMORY)


def test_filters_kept_are_drawn_where_the_allocation_decides_them(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), seeds=(0,), latency=False)
    uniform = make_report([maker.write()])
    assert "filters_kept" not in {drawn.name for drawn in figures_of(uniform)}
    assert uniform.left_out == (
        "No figure of the filters kept: with the allocation `uniform` every pruned layer keeps the same share.",
    )
    maker.records = [
        r if r.control else dataclasses.replace(r, allocation="global", target=0.4, budget="macs")
        for r in maker.records
    ]
    ranked = make_report([maker.write()])
    assert "filters_kept" in {drawn.name for drawn in figures_of(ranked)}
    assert ranked.left_out == ()


def test_the_page_and_the_command_say_what_is_left_out(maker, tmp_path):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), seeds=(0,), latency=False)
    run, out = str(maker.write()), str(tmp_path / "out")
    said = "No figure of the filters kept: with the allocation `uniform`"
    drawn = CliRunner().invoke(cli, ["report", run, "-o", out, "--formats", "svg"])
    assert drawn.exit_code == 0
    assert said in drawn.stderr
    page = (tmp_path / "out" / "page.html").read_text("utf-8")
    assert "No figure of the filters kept: with the allocation <code>uniform</code>" in page
    tables = CliRunner().invoke(cli, ["report", run, "-o", out, "--tables-only"])
    assert said not in tables.stderr
