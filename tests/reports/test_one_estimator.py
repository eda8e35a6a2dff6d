"""Every output of a report says the same of the same comparison: difference, interval, mark, detectable difference."""

import csv
import io
import json
import math
import re

import pytest
from rich.console import Console

from prunebench.reports import write_report
from prunebench.reports.content import numbers
from prunebench.reports.figures.gallery import figures_of
from prunebench.reports.tables.latex import escaped
from prunebench.reports.tables.terminal import terminal_table

CRITERIA = {"l1": 0.3, "l2": 0.85, "operator_norm": 0.8, "random": 0.9}


@pytest.fixture(scope="module", params=[1, 2, 6], ids="{} base models".format)
def report(request, new_maker, tmp_path_factory):
    maker = new_maker(tmp_path_factory.mktemp("one")).config(claim=request.param > 5)
    maker.clips = 80
    bases, seeds = tuple(range(request.param)), (0, 1) if request.param == 1 else (0,)
    maker.grid(criteria=CRITERIA, ratios=(0.25, 0.5, 0.75), bases=bases, seeds=seeds)
    return write_report([maker.write()], formats=[])


def ratio_of(report, cost):
    """The ratio at which random has a cost."""
    points = [p for p in report.points if p.is_random]
    return next(p.ratio for p in points if math.isclose(p.records[0].measures["macs_backbone"], cost))


def told(report):
    """(criterion, ratio) → difference, ends of the interval, mark and p, as the table of the report has them."""
    return {
        (row.label, row.ratio): (
            row.difference,
            row.difference_low,
            row.difference_high,
            row.like_random,
            row.difference_p,
        )
        for row in report.rows
        if row.control is None and not row.is_random
    }


def table(report, name):
    text = (report.folder / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def number(text):
    return float(text) if text else math.nan


def same(found, expected, digits=12):
    assert len(found) == len(expected)
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, rel=10**-digits, nan_ok=True), key


def test_rankings_say_what_the_table_says(report):
    found = {
        (row.label, ratio_of(report, ranking.cost)): (
            row.from_random,
            row.from_random_low,
            row.from_random_high,
            row.like_random,
            row.from_random_p,
        )
        for ranking in report.rankings
        if ranking.quantity.key == "macs_backbone" and not ranking.over_all
        for row in ranking.rows
        if not row.is_random
    }
    same(found, told(report))


def test_summary_csv_and_ranking_csv_hold_them(report):
    marks = {"true": True, "false": False, "": None}
    summary = {
        (row["label"], float(row["ratio"])): (
            number(row["difference"]),
            number(row["difference_low"]),
            number(row["difference_high"]),
            marks[row["like_random"]],
            number(row["difference_p"]),
        )
        for row in table(report, "summary")
        if not row["control"] and row["is_random"] == "false"
    }
    same(summary, told(report))
    ranking = {
        (row["label"], ratio_of(report, float(row["cost"]))): (
            number(row["from_random"]),
            number(row["from_random_low"]),
            number(row["from_random_high"]),
            marks[row["like_random"]],
            number(row["from_random_p"]),
        )
        for row in table(report, "ranking")
        if row["equal"] == "macs_backbone" and row["cost"] and row["is_random"] == "false"
    }
    same(ranking, told(report))


def test_texts_show_the_same_differences_intervals_and_marks(report):
    summary, by_ratio = ((report.folder / name).read_text("utf-8") for name in ("summary.md", "by_ratio.md"))
    latex = (report.folder / "summary.tex").read_text("utf-8")
    terminal = "\n".join(_lines(report))
    for (label, ratio), (difference, low, high, alike, _) in told(report).items():
        mark = " ≈" if alike else ""
        (line,) = [
            text
            for text in summary.splitlines()
            if f"| {label} |" in _plain(text) and f"| {numbers.share(ratio)} |" in text
        ]
        assert f"| {numbers.gap(difference)}{mark} |" in line
        assert numbers.interval(low, high) in _plain(line)
        (row,) = [text for text in by_ratio.splitlines() if text.startswith(f"| `{label}` |")]
        assert f"({numbers.gap(difference)}{mark})" in row
        assert escaped(numbers.interval(low, high)) in latex
        half = numbers.quality((high - low) / 2).removeprefix("0")
        sign = "−" if difference < 0 else "+"
        assert (
            f"{sign}{numbers.quality(abs(difference)).removeprefix('0')}±{half}{'≈' if alike else ' '}"
            in terminal
        )


def _plain(line):
    """Without the sign of the frontier and what Markdown escapes."""
    return line.replace(" ◆", "").replace("\\", "")


def _lines(report):
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(terminal_table(report))
    return console.export_text().splitlines()


def test_figures_draw_them(report):
    figures = {drawn.name: drawn.figure for drawn in figures_of(report)}
    columns = figures["ranking_at_equal_macs"].axes
    labels = [text.get_text() for text in columns[0].get_yticklabels()]
    ratios = {}
    for axes in columns[1:]:  # the first is over all budgets
        share = re.match(r"(\d+)", axes.get_title()).group(1)
        ratios[float(share) / 100] = axes
    assert set(ratios) == {0.25, 0.5, 0.75}
    expected = told(report)
    for ratio, axes in ratios.items():
        marks = {
            line.get_ydata()[0]: line for line in axes.lines if line.get_marker() not in ("None", "", None)
        }
        (bars,) = [c for c in axes.collections if hasattr(c, "get_segments")]
        segments = {segment[0][1]: (segment[0][0], segment[1][0]) for segment in bars.get_segments()}
        for place, label in enumerate(labels):
            difference, low, high, alike, _ = expected[label, ratio]
            assert marks[place].get_xdata()[0] == pytest.approx(difference)
            assert segments[place] == pytest.approx((low, high))
            assert (marks[place].get_markerfacecolor() == "white") == (alike is not False)


def test_the_page_holds_them(report):
    page = report.page.read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', page, re.DOTALL).group(1))
    expected = told(report)
    found = {}
    macs = [r for r in report.rankings if r.quantity.key == "macs_backbone"]
    for ranking, held in zip(report.rankings, data["rankings"], strict=True):
        if ranking not in macs or ranking.over_all:
            continue
        for row in held["rows"]:
            if not row["random"]:
                values = [math.nan if v is None else v for v in (*row["fromRandom"], row["pRandom"])]
                key = row["label"], ratio_of(report, ranking.cost)
                found[key] = (*values[:3], row["likeRandom"], values[3])
    same(found, expected, digits=5)


def test_detectable_differences_are_the_same_everywhere(report):
    (panel,) = report.detectable
    rankings = [r for r in report.rankings if r.quantity.key == "macs_backbone" and not r.over_all]
    by_ratio = {at.ratio: at for at in panel.by_ratio}
    sentence = numbers.unbroken(next(iter(report.sentences.values()))[0])
    written = table(report, "ranking")
    summary = json.loads((report.folder / "summary.json").read_text("utf-8"))
    held = {at["ratio"]: at for at in summary["smallest_detectable_difference"][0]["by_ratio"]}
    for ranking in rankings:
        at = by_ratio[ratio_of(report, ranking.cost)]
        assert ranking.detectable.difference == pytest.approx(at.criteria.difference)
        assert ranking.detectable_from_random.difference == pytest.approx(at.random.difference)
        assert numbers.quality(at.criteria.difference) in sentence
        assert numbers.quality(at.random.difference) in sentence
        rows = [r for r in written if r["cost"] and math.isclose(float(r["cost"]), ranking.cost)]
        (size,) = {number(r["detectable"]) for r in rows}
        assert size == pytest.approx(at.criteria.difference)
        assert held[at.ratio]["criteria"]["difference"] == pytest.approx(at.criteria.difference)
    assert sentence in numbers.unbroken((report.folder / "summary.md").read_text("utf-8").replace("\\", ""))
