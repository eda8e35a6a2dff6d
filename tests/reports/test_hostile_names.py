"""Names that act on terminals, spreadsheets, browsers, LaTeX and Markdown reach none of them."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from prunebench.eval.quality.agreement import Agreement
from prunebench.reports import terminal_table, write_report
from prunebench.reports.write_agreement import write_agreement

HOSTILE = {
    "=cmd|' /C calc'!A0": 0.3,
    "\x1b]0;owned\x07\x1b[31mred": 0.4,
    "a$\\frac$b_{c}": 0.45,
    "<img src=x onerror=alert(1)>": 0.5,
    "x|y`z`*b*\n# heading": 0.6,
    "\u202egpj\ud800": 0.65,
    "random": 0.85,
}


@pytest.fixture(scope="module")
def hostile(new_maker, tmp_path_factory):
    maker = new_maker(tmp_path_factory.mktemp("hostile") / "run")
    maker.folder.mkdir()
    maker.config(name="\x1b[1mquick <b>")
    maker.grid(criteria=HOSTILE, ratios=(0.5,))
    maker.fail(cell="f", criterion="-l1", data="synth", error="no\x1b[2J\nway")
    run = maker.write()
    path = run / "targets" / "synth.npz"
    with np.load(path) as found:
        held = dict(found)
    held["class_names"] = np.array([f"{name}{i}" for i, name in enumerate([*HOSTILE, "@x"])])
    np.savez(path, **held)
    return write_report([run], formats=["svg"])


def cells_of(path):
    return [cell for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))) for cell in row]


def acting(text):
    return re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_every_text_file_is_free_of_what_acts(hostile):
    texts = [
        path for path in hostile.files if path.suffix in (".csv", ".md", ".tex", ".html", ".svg", ".json")
    ]
    assert {path.suffix for path in texts} == {".csv", ".md", ".tex", ".html", ".svg", ".json"}
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert not acting(text), path.name
        if path.suffix == ".json":
            assert not acting(json.dumps(json.loads(text), ensure_ascii=False)), path.name


def test_figures_are_well_formed(hostile):
    figures = [path for path in hostile.files if path.suffix == ".svg"]
    assert len(figures) > 5
    for path in figures:
        ElementTree.parse(path)


def test_no_cell_is_computed_by_a_spreadsheet(hostile):
    tables = [path for path in hostile.files if path.suffix == ".csv"]
    found = [cell for path in tables for cell in cells_of(path)]
    assert any("calc" in cell for cell in found)
    for cell in found:
        if cell.startswith(("=", "+", "-", "@")):
            float(cell)


def test_markdown_has_no_tag_heading_or_column_of_a_name(hostile):
    for name in ("summary.md", "by_ratio.md"):
        text = (hostile.folder / name).read_text(encoding="utf-8")
        assert "img src" in text
        outside = re.sub(r"`[^`]*`", "", text)
        assert not re.search(r"(?<!\\)<img", outside), name
        assert not re.search(r"^# heading", text, re.MULTILINE), name
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, name


def test_the_page_holds_no_tag_of_a_name(hostile):
    text = hostile.page.read_text(encoding="utf-8")
    assert "onerror=alert" in text
    assert "<img src=x" not in text
    assert "<b>" not in text.split("<script")[0].split("<title>")[1]


def test_latex_prints_names(hostile):
    text = (hostile.folder / "summary.tex").read_text(encoding="utf-8")
    assert r"a\$\textbackslash{}frac\$b\_\{c\}" in text
    assert "\\frac$" not in text


def test_the_terminal_gets_no_escape_of_a_name(hostile):
    console = Console(width=110, record=True, file=io.StringIO(), force_terminal=False)
    console.print(terminal_table(hostile))
    text = console.export_text(styles=False)
    assert "calc" in text
    assert not acting(text)


def test_tables_of_agreement_too(tmp_path):
    rows = [Agreement("C7", "=1+1", "\x1b[31mred", 4, 0.5, 0.5, {0.5: 1.0})]
    files = {path.name: path for path in write_agreement(rows, tmp_path)}
    assert cells_of(files["agreement.csv"])[7:9] == ["'=1+1", r"\x1b[31mred"]
    for name in ("agreement.svg", "agreement_by_layer.svg"):
        ElementTree.parse(files[name])
