"""The report shows every measure of a run, those of plug-ins too, without a word of its own about them."""

import csv
import json
import math

import pytest

from prunebench.eval import InputError
from prunebench.reports import write_report
from prunebench.reports.tables.measures import Told, declared_measures, measure_keys, value_of

DECLARED = [
    {"name": "brightness", "title": "how bright it is", "unit": "lx", "better": "higher", "kind": "quality"},
    {"name": "parameters", "title": "trainable <parameters>", "unit": "", "better": "lower", "kind": "model"},
]


@pytest.fixture
def run(maker):
    maker.grid(criteria={"l1": 0.3, "random": 0.5}, ratios=(0.5,), latency=False)
    maker.write()
    lines = [json.loads(line) for line in (maker.folder / "records.jsonl").read_text().splitlines()]
    for number, line in enumerate(lines):
        last = [stage for stage in ("base", "pruned", "fine-tuned") if stage in line["stages"]][-1]
        line["stages"][last]["test_brightness"] = float(number)
        line["measures"]["weight_kg"] = 2.0
    (maker.folder / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (maker.folder / "measures.json").write_text(json.dumps(DECLARED))
    return maker


def test_declared_and_undeclared_measures_are_columns(run):
    report = write_report([run.folder], formats=[])
    rows = list(csv.DictReader((run.folder / "report" / "measures.csv").read_text().splitlines()))
    assert len(rows) == len(report.points)
    for row, point in zip(rows, report.points, strict=True):
        expected = [r.stages[r.last_stage]["test_brightness"] for r in point.records]
        assert float(row["test_brightness"]) == pytest.approx(sum(expected) / len(expected))
        assert float(row["weight_kg"]) == 2
        assert int(row["cells"]) == point.n
    page = (run.folder / "report" / "page.html").read_text()
    assert "test_<wbr>brightness, lx ↑" in page
    assert "trainable &lt;parameters&gt;" in page
    assert "weight_<wbr>kg" in page


def test_headings_and_order(run):
    points = write_report([run.folder], tables_only=True).points
    told = measure_keys(points, declared_measures([run.folder]))
    assert [t.key for t in told[:2]] == ["test_brightness", "parameters"]
    assert [t.key for t in told[2:]] == sorted(t.key for t in told[2:])
    assert Told("weight_kg", "weight kg") in told
    assert math.isnan(value_of(points[0], "nothing"))


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "a"}]'])
def test_a_broken_declaration_is_named(run, text):
    (run.folder / "measures.json").write_text(text)
    with pytest.raises(InputError, match=r"measures.json` must (contain a list of measures|be a JSON file)"):
        write_report([run.folder], tables_only=True)
