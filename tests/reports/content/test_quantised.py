"""Float models against the same in 8-bit integers, against slow means; and all forms in which a report shows them."""

import csv
import dataclasses
import io
import json
import math
from statistics import fmean, stdev

import pytest
from rich.console import Console
from scipy import stats

from prunebench.reports import make_report, terminal_table
from prunebench.reports.content.quantised_said import said_quantised
from prunebench.reports.page.page import page_html
from prunebench.reports.points.lengths import after_short
from prunebench.reports.runs.loaded_run import final_map
from prunebench.reports.tables.all_tables import data_tables
from prunebench.reports.tables.columns import COLUMNS
from prunebench.reports.tables.summary import markdown_summary

FEW = {"l1": 0.3, "random": 0.95}


@pytest.fixture(scope="module")
def made(new_maker, tmp_path_factory):
    """The report of three base models, each quantised."""
    maker = new_maker(tmp_path_factory.mktemp("ints")).config()
    maker.grid(bases=(0, 1, 2), criteria=FEW, ratios=(0.5,)).quantised()
    return make_report([maker.write()])


@pytest.fixture(scope="module")
def alone(new_maker, tmp_path_factory):
    """The report of one base model whose cells differ little in what quantising costs them."""
    maker = new_maker(tmp_path_factory.mktemp("one")).config()
    maker.grid(bases=(0,), criteria=FEW, ratios=(0.5,)).quantised(spread=0.0)
    return make_report([maker.write()])


def difference(record):
    return record.stages["quantised"]["test_map"] - final_map(record)


def test_a_row_is_the_mean_over_base_models_of_the_same_models(made):
    rows = {row.label: row for row in made.findings.quantised}
    assert list(rows)[:2] == ["unpruned", "unpruned, fine-tuned"]
    for point in made.points:
        row = rows[point.label]
        by_base = [fmean(map(difference, cells)) for cells in point.by_base().values()]
        assert row.difference == pytest.approx(fmean(by_base), abs=1e-12)
        assert row.map_float == pytest.approx(point.mean_map, abs=1e-12)
        assert row.map_quantised == pytest.approx(row.map_float + row.difference, abs=1e-12)
        assert (row.n, row.bases) == (point.n, 3)
        half = stats.t.ppf(0.975, 2) * stdev(by_base) / math.sqrt(3)
        assert row.high - row.difference >= half * (1 - 1e-9)  # clips add to the spread between models
        assert row.may_be_none is (row.low <= 0 <= row.high)
    measured = {r.measures["quantised_file_bytes"] for r in made.points[0].records}
    assert {rows["unpruned"].quantised_file_bytes} == measured


def test_rankings_and_summary_stay_those_of_the_float_models(made, new_maker, tmp_path):
    maker = new_maker(tmp_path).config().grid(bases=(0, 1, 2), criteria=FEW, ratios=(0.5,))
    plain = make_report([maker.write()])
    assert plain.findings.quantised == []
    assert "quantised" not in plain.summary
    assert plain.rankings == made.rankings
    assert [dataclasses.astuple(row)[1:14] for row in plain.rows] == [
        dataclasses.astuple(row)[1:14] for row in made.rows
    ]


def test_on_one_base_model_the_spread_of_the_differences_counts_and_not_that_of_the_draws(alone):
    row = next(row for row in alone.findings.quantised if row.is_random)
    point = next(point for point in alone.points if point.is_random)
    assert (row.n, row.bases) == (6, 1)
    assert row.high - row.low < stdev(map(final_map, point.records))
    assert row.high < 0


def test_the_model_after_the_short_length_was_not_quantised(new_maker, tmp_path):
    maker = (
        new_maker(tmp_path).config().grid(criteria=FEW, ratios=(0.5,), seeds=(0,)).two_lengths().quantised()
    )
    report = make_report([maker.write()])
    assert {row.panel.length for row in report.findings.quantised} == {"converged"}
    assert not any("quantised" in r.stages for r in after_short(maker.records) if r.control != "unpruned")


def test_every_form_shows_the_rows(made):
    (table,) = [t for t in data_tables(made, COLUMNS, ()) if t.name == "quantised"]
    rows = list(csv.DictReader(io.StringIO(table.csv().decode())))
    assert [row["label"] for row in rows] == [row.label for row in made.findings.quantised]
    assert float(rows[0]["difference"]) == made.findings.quantised[0].difference
    said = said_quantised(made.findings.quantised)
    assert said.startswith("In 8-bit integers (ONNX Runtime, 39 models): test mAP changes by −0.0")
    assert "the ONNX file is 0.2" in said
    assert "latency" not in said  # which was not measured
    none = dataclasses.replace(made.findings.quantised[0], difference=-0.0004)
    assert "test mAP changes by less than 0.001;" in said_quantised([none])
    stream = io.StringIO()
    Console(file=stream, width=100).print(terminal_table(made))
    shown = stream.getvalue()
    for text in (markdown_summary(made), page_html(made, ()), shown):
        assert "8-bit integers: " in text
        assert "1.31 MB" in text or "5.1 MB" in text
    assert "In 8-bit integers" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
    (first, *_) = json.loads(json.dumps(made.summary["quantised"]))
    assert first["label"] == "unpruned"
    assert set(first) == {field.name for field in dataclasses.fields(made.findings.quantised[0])}
