"""Controls in words, table and figure: reversed criteria, shapes trained from scratch."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from prunebench.reports import make_report
from prunebench.reports.content.numbers import by_chance, gap
from prunebench.reports.figures.controls_figure import draw_controls
from prunebench.reports.figures.forest import PALE, ForestRow, draw_rows
from prunebench.reports.figures.style.palette import INK, Look
from prunebench.reports.tables.by_ratio import by_ratio_markdown

TUNED = {"finetune_scope": "tail", "finetune_seed": 0, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def report(new_maker, tmp_path_factory):
    """`upside_down` keeps the wrong filters, `l1` the right ones; new weights do worse than random."""
    maker = new_maker(tmp_path_factory.mktemp("controls")).config()
    for base in (0, 1, 2):  # `sideways` is its own reverse
        at = {"base_seed": base, "ratio": 0.5}
        maker.cell(signal=1.8, control="unpruned", scope="none", base_seed=base)
        maker.cell(signal=1.2, control="unpruned-fine-tuned", base_seed=base, **TUNED)
        for name, signal in (("random", 1.2), ("l1", 1.5), ("upside_down", 0.6), ("sideways", 0.9)):
            maker.cell(
                signal=signal, criterion=name, prune_seed=0 if name == "random" else None, **at, **TUNED
            )
        for name, signal in (("l1", 0.7), ("upside_down", 1.4), ("sideways", 0.9)):
            maker.cell(signal=signal, criterion=name, control="reversed", noise=5, **at, **TUNED)
        maker.cell(signal=0.5, noise=6, control="scratch", **at)
        maker.cell(signal=1.5, noise=7, control="scratch-macs", **at)
    return make_report([maker.write()])


def sentences(report):
    return [s.replace("\u00a0", " ") for said in report.sentences.values() for s in said]


def sentence(report, start):
    (found,) = [s for s in sentences(report) if s.startswith(start)]
    return found


def test_the_summary_says_which_criteria_are_better_reversed(report):
    found = sentence(report, "With 50 % removed, reversed criteria")
    better, worse, alike = found.split("; ")
    compared = "With 50 % removed, reversed criteria compared with the same criteria as defined: "
    assert better.startswith(f"{compared}better for upside_down +")
    assert worse.startswith("worse for l1 −")
    chance = "not corrected: about 0.08 better and 0.08 worse by chance if none differed"
    assert alike == f"no detectable difference for 1 other (95 % intervals, {chance})."


def test_the_summary_holds_pruned_models_against_the_unpruned_one(report):
    at = {row.label: row.map_mean for row in report.rows if row.control in (None, "unpruned-fine-tuned")}
    found = sentence(
        report,
        "1 of 4 means (a criterion or random at a ratio) is "
        "better than the unpruned model, fine-tuned the same way, and 2 are",
    )
    assert f"95 % intervals, not corrected: {by_chance(4)} if none differed" in found
    assert ": with 50 % removed, 1 better and 2 worse" in found  # l1; `sideways`, `upside_down`
    assert f"(highest difference: l1 {gap(at['l1'] - at['unpruned, fine-tuned'])} [" in found


def test_the_summary_holds_pruned_models_against_training_from_scratch(report):
    """All of them, each with a chance of its own: none is chosen by the test clips that it is compared on."""
    at = {row.label: row.map_mean for row in report.rows if row.ratio == 0.5}
    chance = f"95 % intervals, not corrected: {by_chance(4)} if none differed"
    for control, than, counts in (
        ("trained from scratch", "the same shape trained from scratch", (4, 0)),
        (
            "from scratch, equal MACs in all",
            "the same shape trained from scratch with equal MACs in all",
            (0, 3),
        ),
    ):
        (found,) = [s for s in sentences(report) if f"better than {than}, and" in s]
        better, worse = counts
        assert found.startswith(
            f"{better} of 4 means (a criterion or random at a ratio) are better "
            f"than {than}, and {worse} are worse ({chance})"
        )
        highest = f"(highest difference: l1 {gap(at['l1'] - at[control])} ["
        assert f": with 50 % removed, {better} better and {worse} worse {highest}" in found


def test_without_a_test_the_differences_from_scratch_are_told_as_a_range(maker):
    at = {"ratio": 0.5}
    for name, signal in (("l1", 1.5), ("l2", 0.9)):
        maker.cell(signal=signal, criterion=name, **at, **TUNED)
    maker.cell(signal=1.1, control="scratch", noise=6, **at)
    report = make_report([maker.write()])
    maps = {row.label: row.map_mean for row in report.rows}
    low, high = (gap(maps[name] - maps["trained from scratch"]) for name in ("l2", "l1"))
    expected = f"minus the same shape trained from scratch (not tested): {low} to {high} with 50 % removed."
    assert f"Pruned models, {expected}" in sentences(report)


def test_with_six_base_models_the_comparison_with_scratch_is_corrected_at_each_ratio(maker):
    maker.clips, maker.classes = 80, 4
    for base in range(6):
        at = {"ratio": 0.5, "base_seed": base}
        maker.cell(signal=1.8, control="unpruned", scope="none", base_seed=base)
        for name, signal in (("random", 1.2), ("l1", 2.5), ("l2", 1.3)):
            maker.cell(
                signal=signal, criterion=name, prune_seed=0 if name == "random" else None, **at, **TUNED
            )
        maker.cell(signal=0.9, control="scratch", noise=6, **at)
    report = make_report([maker.write()])
    (found,) = [s for s in sentences(report) if "trained from scratch, and" in s]
    assert "Holm at each ratio, 5 %" in found
    scratch = next(p for p in report.points if p.control == "scratch")
    l1, chance = (next(p for p in report.points if p.label == label) for label in ("l1", "random"))
    comparisons = report.findings.comparisons
    assert comparisons.against(scratch, l1).difference.mean == pytest.approx(l1.mean_map - scratch.mean_map)
    assert comparisons.against(chance, l1) == comparisons.from_random(l1)
    assert comparisons.against(scratch, scratch) is None


def test_the_table_by_ratio_has_rows_for_the_controls(report):
    lines = by_ratio_markdown(report).splitlines()
    names = [line.split("|")[1].strip() for line in lines if line.startswith("|")][2:]
    assert names == [
        "`random`",
        "`l1`",
        "`sideways`",
        "`upside_down`",
        "`l1`, reversed",
        "`sideways`, reversed",
        "`upside_down`, reversed",
        "trained from scratch",
        "from scratch, equal MACs in all",
    ]


def test_the_figure_sets_each_reverse_below_its_criterion(report):
    pairs = list(zip(report.points, report.rows, strict=True))
    figure = draw_controls(pairs, report.points[0].panel, standing="no claim")
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()][::-1]
    assert names == [
        "l1",
        "reversed",
        "sideways",
        "reversed",
        "upside_down",
        "reversed",
        "trained from scratch",
        "from scratch, equal MACs in all",
    ]
    marks = {
        round(line.get_ydata()[0]): line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1
    }
    differences = {row.label: row.difference for row in report.rows}
    assert marks[6] == differences["l1, reversed"]
    assert marks[3] == differences["upside_down"]


def test_without_controls_there_is_no_figure(quick_report):
    pairs = list(zip(quick_report.points, quick_report.rows, strict=True))
    assert draw_controls(pairs, quick_report.points[0].panel, standing="") is None


def test_marks_without_a_face_are_pale_where_others_are_hollow():
    axes = Figure().subplots()
    shown = [(marker, hollow) for marker in "x+o" for hollow in (True, False)]
    draw_rows(
        axes, [ForestRow(i, Look(INK, m), 0.1, (-0.1, 0.3), hollow) for i, (m, hollow) in enumerate(shown)]
    )
    bars = [to_hex(colour) for colour in axes.collections[0].get_colors()]
    assert [line.get_color() for line in axes.lines] == [PALE, INK, PALE, INK, INK, INK]
    assert bars == [colour.lower() for colour in (PALE, INK, PALE, INK, INK, INK)]
    assert [line.get_markerfacecolor() for line in axes.lines][4:] == ["white", INK]
