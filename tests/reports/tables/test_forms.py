"""The summary's forms: chosen columns, LaTeX, Parquet."""

import csv
import io
import re

import pytest

from prunebench.eval.errors import InputError
from prunebench.reports import make_report, write_report
from prunebench.reports.tables.columns import COLUMNS, columns_named
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.latex import escaped, latex_summary


@pytest.fixture(scope="module")
def sure(new_maker, tmp_path_factory):
    """Six base models, where criteria differ from random for sure."""
    maker = new_maker(tmp_path_factory.mktemp("sure")).config(claim=True)
    maker.grid(
        bases=tuple(range(6)), criteria={"l1": 0.3, "a_b&c%": 0.35, "random": 0.95}, ratios=(0.5,), seeds=(0,)
    )
    return make_report([maker.write()])


def test_latex_has_rules_bold_and_marks(sure):
    text = latex_summary(sure, COLUMNS)
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\begin{tabular}{l" + "r" * (len(COLUMNS) - 1)):
        assert rule in text
    (line,) = [line for line in text.splitlines() if line.startswith("l1 ")]
    best = next(row for row in sure.rows if row.label == "l1")
    assert rf"\textbf{{{best.map_mean:.3f}}}$^{{***}}$" in line
    assert r"a\_b\&c\%" in text
    assert text.count(r"\textbf") == 1
    for line in text.splitlines():
        if line.endswith(r"\\"):
            assert len(re.findall(r"(?<!\\)&", line)) == len(COLUMNS) - 1


def test_latex_shows_every_sign_as_it_is():
    assert escaped("$x_1$ & 50 %\\{}") == r"\$x\_1\$ \& 50 \%\textbackslash{}\{\}"


def test_chosen_columns_in_their_order(maker, tmp_path):
    maker.grid(criteria={"l1": 0.3, "random": 0.9}, ratios=(0.5,))
    out = tmp_path / "out"
    write_report([maker.write()], out, columns=["map", "criterion"], tables_only=True)
    head = next(csv.reader(io.StringIO((out / "summary.csv").read_text())))
    assert head[6:] == ["map_mean", "label", "control", "is_random", "released", "on_frontier"]
    assert "| mAP | criterion |" in (out / "summary.md").read_text()
    assert r"mAP & criterion \\" in (out / "summary.tex").read_text()


@pytest.mark.parametrize(
    ("names", "message"),
    [(["map_prunde"], "did you mean `map_pruned`"), (["map", "map"], "once"), ([], "once")],
)
def test_wrong_columns_are_refused(names, message):
    with pytest.raises(InputError, match=message):
        columns_named(names)


@pytest.mark.parametrize(("option", "value"), [("formats", ["jpg"]), ("width", "triple")])
def test_unknown_formats_and_widths_are_refused(maker, option, value):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    with pytest.raises(InputError, match="known format and width"):
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
