"""What was not tested bears a mark of its own everywhere; a blank never reads as significance."""

import html
import io
import re
import shutil

import pytest
from rich.console import Console

from prunebench.reports import make_report, terminal_table
from prunebench.reports.content import marks
from prunebench.reports.figures.controls_figure import draw_controls
from prunebench.reports.figures.ranking_figure import draw_ranking
from prunebench.reports.page.page import page_html
from prunebench.reports.tables.by_ratio import by_ratio_markdown
from prunebench.reports.tables.columns import COLUMNS
from prunebench.reports.tables.latex import latex_summary
from prunebench.reports.tables.ranking_table import LEGEND as RANKING_LEGEND
from prunebench.reports.tables.ranking_table import cells
from prunebench.reports.tables.summary import LEGEND, markdown_summary

NAN = float("nan")


@pytest.fixture(scope="module")
def untested(new_maker, tmp_path_factory):
    """Scores of the clips are lost, so no difference has an interval."""
    maker = new_maker(tmp_path_factory.mktemp("untested")).config()
    maker.grid(criteria={"l1": 0.4, "l2": 0.6, "random": 0.9}, ratios=(0.5,), seeds=(0,))
    maker.cell(signal=0.9, criterion="l1", control="reversed", ratio=0.5, noise=9, finetune_scope="tail")
    maker.cell(signal=0.5, control="scratch", ratio=0.5, noise=10)
    run = maker.write()
    shutil.rmtree(run / "scores")
    return make_report([run])


def test_each_verdict_has_a_mark():
    verdicts = {True: "≈", None: "?", False: ""}
    assert {alike: marks.of_difference(0.01, alike) for alike in verdicts} == verdicts
    assert marks.of_difference(NAN, None) == ""
    assert [marks.of_best(known) for known in (True, None, False)] == ["=", "?", ""]
    assert [marks.of_frontier(True, c) for c in (None, "scratch")] == ["◆", "◇"]
    assert marks.of_frontier(False, None) == ""


def test_tables_mark_what_was_not_tested(untested):
    compared = [row for row in untested.rows if row.label in ("l1", "l2")]
    assert [row.like_random for row in compared] == [None, None]
    text = {column.name: column.text for column in COLUMNS}["from_random"]
    assert all(text(row).endswith(" ?") for row in compared)
    by_ratio = by_ratio_markdown(untested)
    assert by_ratio.count(" ?)") == 4  # two criteria, a reverse, the shape from scratch
    assert "Not tested against random: `l1`, `l2`." in by_ratio
    assert "+" in markdown_summary(untested).split(" ?")[0]
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(terminal_table(untested))
    assert console.export_text().count("?") >= 5
    assert " ?" in latex_summary(untested, COLUMNS)
    for row in untested.rankings[0].rows:
        assert cells(row)[1].endswith(" ?")
        assert row.is_random or cells(row)[4].endswith(" ?")


def test_sentences_say_that_it_was_not_tested_and_announce_no_interval(untested):
    said = [s.replace("\u00a0", " ") for own in untested.sentences.values() for s in own]
    bare = (
        "2 points (a criterion at a ratio) are not tested against random, for one of two reasons: there is one base "
        "model and"
    )
    assert any(s.startswith(bare) for s in said)
    assert any(
        re.search(r"; the difference from random is [+−]0\.\d{3}, which is not tested\.$", s) for s in said
    )
    reversed_ = next(s for s in said if "reversed criteria minus the same criteria as defined" in s)
    scratch = next(s for s in said if "trained from scratch" in s)
    for sentence in (reversed_, scratch):
        assert "(not tested)" in sentence
        assert "interval" not in sentence


def test_figures_write_a_question_mark_beside_what_was_not_tested(untested):
    panel = untested.findings.panels[0]
    (_, rankings), *_ = untested.findings.rankings_to_tell(panel)
    pairs = list(zip(untested.points, untested.rows, strict=True))
    for figure, rows in (
        (draw_ranking(rankings, standing=""), 2),
        (draw_controls(pairs, panel, standing=""), 3),
    ):
        assert [text.get_text() for text in figure.axes[0].texts] == ["?"] * rows
        note = figure.get_supxlabel().replace("\n", " ")
        assert note.endswith("; ?: not tested")
        assert "interval" not in note


def test_what_was_tested_bears_none(quick_report):
    panel = quick_report.findings.panels[0]
    (_, rankings), *_ = quick_report.findings.rankings_to_tell(panel)
    figure = draw_ranking(rankings, standing="")
    assert not [text for axes in figure.axes for text in axes.texts if text.get_text() == "?"]
    assert "?: not tested" not in figure.get_supxlabel()


def test_a_legend_says_every_mark(quick_report):
    page = html.unescape(page_html(quick_report, []))
    for mark, meaning in marks.MEANINGS.items():
        assert f"{mark}: {meaning}." in by_ratio_markdown(quick_report)
        if mark != marks.OWN_SIZE:
            assert f"{mark}: {meaning}." in LEGEND
            assert f"{mark}: {meaning}." in page
    for mark in ("≈:", "?:", "=:", "no mark:"):
        assert mark in RANKING_LEGEND
    assert "at the same ratio" not in RANKING_LEGEND  # a ranking is at equal cost
