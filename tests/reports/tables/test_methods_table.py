"""The table of methods in all its forms: CSV, LaTeX, terminal, page and figure say the same."""

import csv
import dataclasses
import io
import json
import math
from statistics import fmean

import pytest
from click.testing import CliRunner
from rich.console import Console

from prunebench.cli import cli
from prunebench.reports import terminal_methods, write_report
from prunebench.reports.content import numbers
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.figures.methods_figure import draw_methods
from prunebench.reports.points.asked import Asked
from prunebench.reports.points.families import FAMILIES
from prunebench.reports.tables.methods_table import HEADINGS, cells

PLAIN = {"sparsify": "plain", "sparsify_steps": 200, "sparsify_macs": 5_000_000_000_000}
SEARCHED = "searched[candidates=9]"


@pytest.fixture(scope="module")
def report(new_maker, tmp_path_factory):
    maker = new_maker(tmp_path_factory.mktemp("forms"))
    maker.clips = 40
    (maker.folder / "config.toml").write_text('name = "m"\n[finetune]\nsteps = 60\nbatch = 16\n')
    ways = ({}, {"allocation": "global", **PLAIN}, {"allocation": SEARCHED})
    for base in (0, 1):
        maker.cell(signal=1.8, control="unpruned", scope="none", base_seed=base)
        for ratio in (0.5, 0.75):
            for number, how in enumerate(ways):
                for index, name in enumerate(("random", "l1", "a_b&c")):
                    if name != "random" or how != ways[2]:
                        told = {"base_seed": base, "ratio": ratio, "criterion": name, **how}
                        drawn = {"prune_seed": 0} if name == "random" else {}
                        common = {"finetune_seed": 0, "finetune_scope": "tail", **told, **drawn}
                        found = maker.cell(
                            signal=1.5 - ratio + 0.1 * index, noise=9 * number + index, **common
                        )
                        if how == ways[2]:
                            macs = {**found.measures, "search_macs": 4e12}
                            seconds = {"search_seconds": 7.5}
                            maker.records[-1] = dataclasses.replace(found, measures=macs, timings=seconds)
    return write_report([maker.write()], formats=[])


def test_csv_has_a_row_a_method_and_budget_with_raw_values(report):
    found = list(csv.DictReader((report.folder / "methods.csv").read_text("utf-8").splitlines()))
    assert len(found) == len(report.methods) == 1 + 2 * 8
    for line, row in zip(found, report.methods, strict=True):
        assert (line["label"], line["family"], line["allocation"]) == (row.label, row.family, row.allocation)
        assert float(line["map_mean"]) == pytest.approx(row.map_mean)
        assert float(line["macs"]) == pytest.approx(row.budget.macs)
        assert float(line["macs_before"]) == row.budget.macs_before
        assert (line["difference"] == "") == math.isnan(row.difference)


def test_the_json_holds_them_too(report):
    held = json.loads((report.folder / "summary.json").read_text("utf-8"))
    assert [row["family"] for row in held["methods"]] == [row.family for row in report.methods]
    assert [row["budget"]["macs"] for row in held["methods"]] == [row.budget.macs for row in report.methods]
    assert held["budgets"] == numbers.for_programs(
        {title: list(said) for title, said in report.budgets.items()}
    )


def test_latex_has_a_cell_a_heading(report):
    text = (report.folder / "methods.tex").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 1 + len(report.methods)
    assert all(line.replace(r"\&", "").count("&") == len(HEADINGS) - 1 for line in rows)
    assert r"a\_b\&c" in text


def test_the_terminal_fits_and_shows_every_method(report):
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(terminal_methods(report))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 110
    assert text.count("global") >= 6
    assert "Budgets of training and search differ: 0 (random at 50\u00a0%) to 200 (" in text.replace(
        "\n", " "
    )


def test_the_page_shows_the_table_with_its_sentences(report):
    page = report.page.read_text("utf-8")
    (section,) = [part for part in page.split("<section") if 'aria-labelledby="methods"' in part]
    assert section.count("<tr data-names") == len(report.methods)
    assert "steps of training before scoring" in section
    for row in report.methods:
        assert numbers.quality(row.map_mean) in section


def test_the_figure_marks_every_difference_below_its_family(report):
    figure = draw_methods(report.methods, standing="")
    assert [axes.get_title() for axes in figure.axes] == ["50\u00a0% removed", "75\u00a0% removed"]
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert [label for label in labels if label in FAMILIES] == ["control", "one-layer", "searched", "unknown"]
    places = dict(zip(labels, figure.axes[0].get_yticks(), strict=True))
    for axes, ratio in zip(figure.axes, (0.5, 0.75), strict=True):
        marks = {
            line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1
        }
        rows = [r for r in report.methods if r.asked.amount == ratio and math.isfinite(r.difference)]
        assert len(marks) == len(rows) == 7
        for row in rows:
            (place,) = [at for label, at in places.items() if label.partition("  ")[0] == row.method]
            assert marks[place] == pytest.approx(row.difference)
    (searched,) = [label for label in labels if label.startswith(f"l1 · {SEARCHED}")]
    mean = fmean(row.relative_budget for row in report.methods if row.method == f"l1 · {SEARCHED}")
    assert searched.endswith(f"  {mean:.2f}×")


def test_methods_that_differ_in_their_criterion_alone_have_no_figure(report):
    assert draw_methods([row for row in report.methods if not row.how], standing="") is None


def test_cells_stand_below_every_heading(report):
    assert {len(cells(row)) for row in report.methods} == {len(HEADINGS)}


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (Asked("ratio", 0.5), "50\u00a0%"),
        (Asked("macs_backbone", 0.25), "0.25 of MACs"),
        (Asked("parameters", 0.1), "0.1 of parameters"),
        (Asked("own", 0.0), "own size"),
        (Asked("", 0.0), ""),
    ],
)
def test_what_was_asked_in_words(asked, text):
    assert said_asked(asked) == text


def test_the_command_prints_them_where_asked(report, tmp_path):
    folder, out = str(report.runs[0].folder), str(tmp_path / "out")
    done = CliRunner().invoke(cli, ["report", folder, "-o", out, "--tables-only", "--table", "methods"])
    assert done.exit_code == 0
    assert "methods" in done.output
    assert SEARCHED in done.output
    wrong = CliRunner().invoke(cli, ["report", folder, "--table", "metods"])
    assert wrong.exit_code == 2
