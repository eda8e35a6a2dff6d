"""The table: its values, and its forms as CSV, as Markdown and on a terminal."""

import csv
import dataclasses
import io
import json
import math
from statistics import fmean

import pytest
from rich.console import Console

from prunebench.reports import load_records, make_report, summary_rows, terminal_table
from prunebench.reports.tables.columns import COLUMNS
from prunebench.reports.tables.summary import markdown_summary, summary_table


def row_of(rows, label, ratio):
    return next(r for r in rows if (r.label, r.ratio) == (label, ratio))


def printed(report, width=100):
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(terminal_table(report))
    return stream.getvalue()


def test_rows_hold_what_the_records_hold(quick_run):
    records = load_records(quick_run)
    rows = summary_rows(records)
    cells = [r for r in records if r.criterion == "l1" and r.ratio == 0.5]
    maps = [r.stages["fine-tuned"]["test_map"] for r in cells]
    unpruned = next(r for r in records if r.control == "unpruned")
    row = row_of(rows, "l1", 0.5)
    assert row.n == 2
    assert row.map_mean == pytest.approx(fmean(maps))
    assert (row.map_low, row.map_high) == (min(maps), max(maps))
    assert row.map_pruned == pytest.approx(fmean(r.stages["pruned"]["test_map"] for r in cells))
    assert row.stage == "fine-tuned"
    for key in ("macs_backbone", "macs_with_frontend", "parameters", "file_bytes"):
        assert getattr(row, key) == cells[0].measures[key]
        share = cells[0].measures[key] / unpruned.measures[key]
        assert getattr(row, f"{key}_relative") == pytest.approx(share)
    assert row.latency_backbone_ms == pytest.approx(cells[0].timings["latency_backbone_ms"])
    assert row.latency_backbone_ratio == pytest.approx(cells[0].timings["latency_backbone_ratio"])
    assert row.latency_backbone_ratio_precision == pytest.approx(0.012)


def test_every_criterion_ratio_and_control_has_a_row(quick_report):
    found = [(r.label, r.ratio) for r in quick_report.rows]
    criteria = [
        "random",
        "l1",
        "geometric_median",
        "operator_norm",
        "operator_norm_released†",
        "operator_similarity",
    ]
    controls = ["unpruned", "unpruned, fine-tuned", "unpruned, fine-tuned (own rate)"]
    expected = [(name, 0.0) for name in controls]
    assert found == expected + [(name, ratio) for ratio in (0.25, 0.5, 0.75) for name in criteria]


def test_difference_is_from_random_at_the_same_ratio(quick_report):
    for row in quick_report.rows:
        if row.control is not None or row.is_random:
            assert math.isnan(row.difference)
            assert row.like_random is None
        else:
            expected = row.map_mean - row_of(quick_report.rows, "random", row.ratio).map_mean
            assert row.difference == pytest.approx(expected)
            assert row.difference_low < row.difference < row.difference_high
            assert row.like_random is (row.difference_low <= 0 <= row.difference_high)


def test_without_scores_no_row_has_an_interval(quick_run):
    rows = summary_rows(load_records(quick_run))
    assert all(row.like_random is None for row in rows)
    assert math.isfinite(row_of(rows, "l1", 0.5).difference)


def test_csv_reads_back(quick_report):
    lines = list(csv.DictReader(io.StringIO(summary_table(quick_report.rows).csv().decode())))
    assert len(lines) == len(quick_report.rows)
    for line, row in zip(lines, quick_report.rows, strict=True):
        assert (line["data"], line["scope"], line["finetune_scope"]) == ("synth", "C7-C12", "tail")
        assert line["label"] == row.label
        assert float(line["map_mean"]) == row.map_mean
        assert float(line["macs_backbone"]) == row.macs_backbone
        assert line["difference"] == ("" if math.isnan(row.difference) else str(row.difference))
        assert line["on_frontier"] == ("true" if row.on_frontier else "false")


def test_summary_is_json_without_nan(quick_report):
    text = json.dumps(quick_report.summary, allow_nan=False)
    rows = json.loads(text)["rows"]
    assert rows[0]["label"] == "unpruned"
    assert rows[0]["difference"] is None


def test_markdown_has_a_whole_table(quick_report):
    text = markdown_summary(quick_report)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(quick_report.rows)
    assert {line.replace("\\|", "").count("|") for line in table} == {len(COLUMNS) + 1}
    assert "**demonstration, no claim**" in text
    assert "smallest difference" in text


def test_markdown_shows_names_as_they_are(maker):
    maker.cell(signal=1.0, criterion="a|b_*c*<i>", ratio=0.5)
    report = make_report([maker.write()])
    line = next(x for x in markdown_summary(report).splitlines() if x.startswith("| a"))
    assert "a\\|b\\_\\*c\\*\\<i\\>" in line


def test_terminal_table_fits_a_hundred_columns_with_everything_in_it(quick_report):
    text = printed(quick_report)
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text.replace("(…)", "")
    for word in (
        "demonstration, no claim",
        "operator_norm_released†",
        "smallest difference",
        "(.60)",
        "◆",
        "≈",
    ):
        assert word in text
    for row in quick_report.rows:
        assert f"{row.map_mean:.3f}".removeprefix("0") in text


def test_terminal_table_says_how_well_latency_is_known(quick_report):
    assert "The ratios are known to ±1.2% or better." in " ".join(printed(quick_report).split())


def test_terminal_table_keeps_markup_in_names(maker):
    maker.cell(signal=1.0, criterion="[bold]x[/bold]", ratio=0.5)
    assert "[bold]x[/bold]" in printed(make_report([maker.write()]))


def test_terminal_table_gives_up_columns_for_a_long_name(maker):
    name = "a_plug_in_with_a_name_that_is_far_too_long[alpha=0.125]"
    maker.cell(signal=1.0, criterion=name, ratio=0.5)
    text = printed(make_report([maker.write()]), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert name in text
    assert (
        "Not shown, because the table would be too wide: parameters" in text
    )  # without latency, which was not taken


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_table_leaves_out_columns_and_breaks_no_word(quick_report, width):
    text = printed(quick_report, width)
    assert max(map(len, text.splitlines())) <= width
    words = set(text.split())
    for row in quick_report.rows:
        assert set(row.label.split()) <= words
        assert any(f"{row.map_mean:.3f}".removeprefix("0") in word for word in words)
    assert "criterion" in words
    said = " ".join(text.split())
    gone = {60: "latency, parameters, mAP after pruning and ranges", 80: "latency and parameters"}[width]
    assert f"Not shown, because the table would be too wide: {gone}." in said


def test_a_run_that_claims_says_nothing_of_a_demonstration(quick_report):
    claiming = tuple(dataclasses.replace(run, config={"claim": True}) for run in quick_report.runs)
    six = tuple(dataclasses.replace(d, bases=6) for d in quick_report.detectable)
    report = dataclasses.replace(quick_report, runs=claiming, detectable=six)
    assert report.standing == "tested at 3 budgets, no claim"
    assert report.standing in printed(report)
    five = tuple(dataclasses.replace(ranking, budgets=5) for ranking in report.rankings)
    report = dataclasses.replace(report, rankings=five)
    assert report.standing == ""
    assert "demonstration" not in printed(report)
    assert "conditional" not in printed(report).split("fewer than six")[0]
    few = dataclasses.replace(report, detectable=quick_report.detectable)
    assert few.standing == "conditional on 1 base model, no claim"
    assert few.standing in printed(few)
