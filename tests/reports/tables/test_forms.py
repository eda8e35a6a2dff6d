"""The summary's forms: chosen columns, LaTeX, Parquet."""

import csv
import dataclasses
import io
import re
from pathlib import Path

import matplotlib
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from rich.console import Console

from prunebench.eval.errors import InputError
from prunebench.reports import make_report, terminal_table, write_report
from prunebench.reports.content import numbers
from prunebench.reports.figures.class_changes_figure import draw_class_changes
from prunebench.reports.figures.ranking_figure import BEST, draw_ranking
from prunebench.reports.figures.stages_figure import draw_stages
from prunebench.reports.statistics.class_changes import class_changes
from prunebench.reports.statistics.layer_sensitivity import Sensitivity
from prunebench.reports.tables.by_ratio import by_ratio_markdown
from prunebench.reports.tables.columns import COLUMNS, columns_named
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.latex import PAPER, escaped, latex_by_ratio, latex_summary
from prunebench.reports.tables.ranking_table import HEADINGS, cells
from prunebench.reports.tables.sensitivity_table import sensitivity_table


@pytest.fixture(scope="module")
def sure(new_maker, tmp_path_factory):
    """Six base models, where criteria differ from random for sure."""
    maker = new_maker(tmp_path_factory.mktemp("sure")).config(claim=True)
    maker.grid(
        bases=tuple(range(6)), criteria={"l1": 0.3, "a_b&c%": 0.35, "random": 0.95}, ratios=(0.5,), seeds=(0,)
    )
    return make_report([maker.write()])


def test_latex_has_rules_and_marks(sure):
    text = latex_summary(sure, COLUMNS)
    count = len(COLUMNS) - 1  # the difference from random and its interval share one
    for rule in (
        r"\toprule",
        r"\midrule",
        r"\bottomrule",
        r"\begin{tabular}{@{}l" + "r" * (count - 1) + "@{}}",
    ):
        assert rule in text
    (line,) = [line for line in text.splitlines() if line.startswith("l1 ")]
    best = next(row for row in sure.rows if row.label == "l1")
    assert f" {best.map_mean:.3f}$^{{***}}$ " in line  # not told from the other criterion, so not bold
    assert r"a\_b\&c\%" in text
    assert r"\textbf" not in text
    for line in text.splitlines():
        if line.endswith(r"\\"):
            assert len(re.findall(r"(?<!\\)&", line)) == count - 1


def test_by_default_latex_has_five_columns_that_hold_the_interval_too(sure, tmp_path):
    text = latex_summary(sure, columns_named(PAPER))
    assert r"criterion & ratio & MACs backbone & mAP & from random [95 \%] \\" in text
    assert r"\begin{tabular}{@{}lrrrr@{}}" in text
    row = next(row for row in sure.rows if row.label == "l1")
    assert f"& {numbers.gap(row.difference)} [{numbers.gap(row.difference_low)}" in text
    alone = latex_summary(sure, columns_named(("criterion", "interval", "map")))
    assert r"criterion & 95 \% interval & mAP \\" in alone
    write_report([run.folder for run in sure.runs], tmp_path / "out", tables_only=True)
    assert (tmp_path / "out" / "summary.tex").read_text("utf-8") == text
    assert "mAP pruned" in (tmp_path / "out" / "summary.md").read_text("utf-8")


def test_those_columns_fit_the_text_of_an_article(quick_report):
    """In Computer Modern of 8 points, with 12 points between columns; the text of `article` is 345 points wide."""
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "cmr10.ttf"
    letters = FontProperties(fname=path, size=8)
    marks = {r"\blacklozenge": "M", r"\lozenge": "M", r"\approx": "+", r"^\dagger": "+", "--": "-"}
    widest = [0.0] * 5
    for line in latex_summary(quick_report, columns_named(PAPER)).splitlines():
        cells = re.split(r"(?<!\\)&", line.removesuffix(r"\\"))
        for place, cell in enumerate(cells if len(cells) == 5 else []):
            for sign, letter in marks.items():
                cell = cell.replace(sign, letter)
            text = re.sub(r"[$\\^{}]", "", cell).strip()
            box = TextPath((0, 0), text.replace("~", " "), prop=letters).get_extents()
            widest[place] = max(widest[place], box.width)
    assert min(widest) > 10
    assert sum(widest) + 4 * 12 < 345


def test_only_what_is_told_from_all_others_is_bold(sure):
    """The two criteria differ from random for sure, and from each other by less than this run can tell."""
    (ranking,) = [r for r in sure.rankings if r.quantity.key == "macs_backbone"]
    kept = [row.label for row in ranking.rows if row.may_be_best]
    text = latex_summary(sure, columns_named(PAPER))
    assert text.count(r"\textbf") == (len(kept) == 1)
    rows = tuple(dataclasses.replace(row, may_be_best=True) for row in ranking.rows)
    tied = dataclasses.replace(sure, rankings=(dataclasses.replace(ranking, rows=rows),))
    assert r"\textbf" not in latex_summary(tied, columns_named(PAPER))
    assert "Bold" not in latex_summary(tied, columns_named(PAPER))
    rows = tuple(dataclasses.replace(row, may_be_best=row.label == "l1") for row in ranking.rows)
    first = dataclasses.replace(sure, rankings=(dataclasses.replace(ranking, rows=rows),))
    (line,) = [line for line in latex_summary(first, columns_named(PAPER)).splitlines() if r"\textbf" in line]
    assert line.startswith("l1")


def test_stars_are_explained_where_there_are_any(sure, maker):
    said = r"*, **, ***: differs from random at 5 \%, 1 \%, 0.1 \%"
    assert said in latex_summary(sure, COLUMNS)
    maker.grid(criteria={"l1": 0.3, "random": 0.95}, ratios=(0.5,), seeds=(0,))
    few = latex_summary(make_report([maker.write()]), COLUMNS)
    assert "***" not in few
    assert r"\textbf" not in few  # one base model tells nobody from the rest
    assert "Bold" not in few


@pytest.fixture(scope="module")
def two_budgets(new_maker, tmp_path_factory):
    """Two costs whose targets come to one uniform ratio under `global`: l1 is sure to be better in the first only."""
    maker = new_maker(tmp_path_factory.mktemp("budgets")).config(claim=True)
    for base in range(6):
        maker.cell(signal=1.8, control="unpruned", scope="none", base_seed=base)
        for kind, macs, signals in (
            ("parameters", 200e6, {"l1": 1.5, "random": 0.9}),
            ("file_bytes", 150e6, {"l1": 0.7, "random": 0.7}),
        ):
            for name, signal in signals.items():
                measures = {"macs_backbone": macs, "macs_with_frontend": 1.2e9, "parameters": 600_000}
                maker.cell(
                    signal=signal,
                    noise=(name == "l1") + 2 * (kind == "parameters"),
                    criterion=name,
                    ratio=0.5,
                    budget=kind,
                    target=0.4,
                    allocation="global",
                    base_seed=base,
                    finetune_seed=0,
                    finetune_scope="tail",
                    measures={**measures, "file_bytes": 2.4e6},
                )
    return make_report([maker.write()])


def test_two_budgets_of_one_ratio_have_stars_and_a_bold_value_of_their_own(two_budgets):
    stars = {r.cost: row.from_random_p for r in two_budgets.rankings for row in r.rows if row.label == "l1"}
    assert stars[200e6] <= 0.05 < stars[150e6]
    text = latex_summary(two_budgets, COLUMNS)
    lines = [line for line in text.splitlines() if line.startswith(("l1 ", "random "))]
    assert len(lines) == 4
    first, second = ([line for line in lines if share in line] for share in ("200 M", "150 M"))
    assert ["$^{*" in line for line in sorted(first)] == [True, False]
    assert not any("$^{*" in line for line in second)
    assert [sum(r"\textbf" in line for line in part) for part in (first, second)] == [1, 0]
    assert "Bold: better than all others of its budget" in text


def test_two_budgets_of_one_ratio_are_told_apart_wherever_ratios_are(two_budgets):
    shown = {row.map_mean: row for row in two_budgets.rows if row.label == "l1"}
    text = by_ratio_markdown(two_budgets).replace("\u00a0", " ")
    assert "| criterion | mAP at 50 % (0.4 of file bytes) | mAP at 50 % (0.4 of parameters) |" in text
    (line,) = (line for line in text.splitlines() if line.startswith("| `l1`"))
    assert all(f"{quality:.3f}" in line for quality in shown)
    (panel,) = {point.panel for point in two_budgets.points}
    said = "\n".join(two_budgets.sentences[panel.title]).replace("\u00a0", " ")
    for cost in ("parameters", "file bytes"):
        assert f"50 % of the filters of C7–C12 removed (0.4 of {cost})" in said
    changes = class_changes(two_budgets.points, panel, two_budgets.scores)
    figure = draw_class_changes(changes)
    assert "50\u00a0% removed (0.4 of parameters)" in " ".join(figure.get_suptitle().split("\n"))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["random", "l1"]
    titles = [axes.get_title() for axes in draw_stages(two_budgets.points, panel, standing="").axes]
    assert titles == [f"50\u00a0% removed (0.4 of {cost})" for cost in ("file bytes", "parameters")]


def test_intervals_of_a_ranking_begin_with_their_lower_end(sure):
    shown = list(map(cells, sure.rankings[0].rows))
    for column, heading in enumerate(HEADINGS):
        if "interval" not in heading:
            continue
        assert any(row[column] for row in shown), heading
        for interval in filter(None, (row[column] for row in shown)):
            low, high = (float(end.replace("−", "-")) for end in interval.strip("[]").split(", "))
            assert low < high


def test_the_terminal_shows_half_the_width_of_an_interval(sure):
    stream = io.StringIO()
    Console(file=stream, width=200).print(terminal_table(sure))
    (row,) = (row for row in sure.rows if row.label == "l1")
    half = f"{(row.difference_high - row.difference_low) / 2:.3f}".removeprefix("0")
    assert f"+{row.difference:.3f}±{half}".replace("0.", ".") in stream.getvalue()


def test_the_sensitivity_of_layers_has_a_column_each():
    entry = Sensitivity("synth", "cnn14", "C7", "l1", 0.5, 2, 0.8, 0.6, 0.7, 0.9, 0.8, 0.7)
    table = sensitivity_table([entry])
    assert table.name == "sensitivity"
    head, row = table.csv().decode().splitlines()
    assert head.startswith("data,layer,criterion,ratio,cells,map_base,map_pruned,map_recalibrated,")
    assert row == "synth,C7,l1,0.5,2,0.8,0.6,0.7,0.9,0.8,0.7"


def test_latex_shows_every_sign_as_it_is():
    assert escaped("$x_1$ & 50 %\\{}") == r"\$x\_1\$ \& 50 \%\textbackslash{}\{\}"


def test_chosen_columns_in_their_order(maker, tmp_path):
    maker.grid(criteria={"l1": 0.3, "random": 0.9}, ratios=(0.5,))
    out = tmp_path / "out"
    write_report([maker.write()], out, columns=["map", "criterion"], tables_only=True)
    head = next(csv.reader(io.StringIO((out / "summary.csv").read_text())))
    assert head[6:] == ["map_mean", "label", "criterion", "control", "is_random", "released", "on_frontier"]
    assert "| mAP | criterion |" in (out / "summary.md").read_text()
    assert r"mAP & criterion \\" in (out / "summary.tex").read_text()


@pytest.mark.parametrize(
    ("names", "message"),
    [(["map_prunde"], "did you mean `map_pruned`"), (["map", "map"], "once"), ([], "one column at least")],
)
def test_wrong_columns_are_refused(names, message):
    with pytest.raises(InputError, match=message):
        columns_named(names)


@pytest.mark.parametrize(("option", "value"), [("formats", ["jpg"]), ("width", "triple")])
def test_unknown_formats_and_widths_are_refused(maker, option, value):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    with pytest.raises(
        InputError,
        match=rf"^Unknown {option.rstrip('s')} of figures: `{value if option == 'width' else 'jpg'}`; ",
    ):
        write_report([maker.write()], **{option: value})
    assert not (maker.folder / "report").exists()


def test_parquet_holds_what_csv_holds():
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `reports`")
    table = DataTable("t", ("name", "n", "x", "yes"), [["a", 1, float("nan"), True], ["b", 2, 0.5, None]])
    found = parquet.read_table(io.BytesIO(table.parquet())).to_pylist()
    assert found == [
        {"name": "a", "n": 1, "x": None, "yes": True},
        {"name": "b", "n": 2, "x": 0.5, "yes": None},
    ]
    assert table.csv().decode() == "name,n,x,yes\na,1,,true\nb,2,0.5,\n"


def test_every_table_is_there_as_parquet(quick_report):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `reports`")
    for path in quick_report.folder.glob("*.parquet"):
        rows = list(csv.reader(io.StringIO(path.with_suffix(".csv").read_text())))
        table = parquet.read_table(path)
        assert table.column_names == rows[0]
        assert table.num_rows == len(rows) - 1


def test_by_ratio_as_latex_is_a_row_a_criterion_and_a_column_a_ratio(sure, two_budgets):
    assert latex_by_ratio(sure) == ""  # one ratio alone
    text = latex_by_ratio(two_budgets)
    rows = [row for row in two_budgets.rows if row.control is None and not row.own_budget]
    places = sorted({row.place for row in rows})
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(lines) == len({row.label for row in rows})
    assert lines[0].startswith("random & ")
    for line in lines:
        name, *cells = line.removesuffix(r" \\").split(" & ")
        own = {row.place: row for row in rows if escaped(row.label) == name}
        assert [re.sub(r"\$.*|\\textbf|[{}]", "", cell) for cell in cells] == [
            numbers.fraction(own[place].map_mean) if place in own else "" for place in places
        ]
        told = [own[place].like_random is False if place in own else False for place in places]
        assert ["arrow" in cell for cell in cells] == told


def test_rows_that_may_be_the_best_are_shaded_where_that_is_tested(sure, quick_report):
    (ranking,) = [r for r in sure.rankings if r.quantity.key == "macs_backbone"]
    axes = draw_ranking([ranking], standing="").axes[0]
    shaded = [
        patch for patch in axes.patches if matplotlib.colors.to_hex(patch.get_facecolor()) == BEST.lower()
    ]
    assert len(shaded) == sum(bool(row.may_be_best) for row in ranking.rows if not row.is_random) == 2
    few = [r for r in quick_report.rankings if r.quantity.key == "macs_backbone"]
    assert not any(axes.patches for axes in draw_ranking(few, standing="").axes)
