"""Run folders that are empty, half-finished or odd: the report is made of what is there and says what is missing."""

import dataclasses
import json
import math

import pytest

from prunebench.eval.errors import InputError
from prunebench.reports import make_report, write_report


def missing(report):
    return "\n".join(report.missing).replace("\u00a0", " ")


def test_a_run_whose_cells_all_failed(maker):
    for index in range(2):
        maker.fail(cell=str(index), criterion="l1", data="synth", error="no <room>")
    report = write_report([maker.write()], formats=["svg"])
    assert "No cell is finished with a defined test mAP" in missing(report)
    assert "no &lt;room&gt;" in report.page.read_text()
    assert "2 cells failed" in missing(report)
    assert report.rows == ()
    assert json.loads((report.folder / "summary.json").read_text())["rows"] == []


def test_a_half_finished_run(maker):
    maker.grid(bases=(0, 1), criteria={"l1": 0.4, "l2": 0.5, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0,))
    maker.records = [r for r in maker.records if r.base_seed == 0 or r.criterion not in ("l2", None)]
    (maker.folder / "plan.json").write_text(json.dumps([*(r.cell for r in maker.records), "left"]))
    report = write_report([maker.write()], formats=[])
    assert "1 of" in missing(report)
    for ranking in report.rankings:
        assert ("l2", "not on all 2 base models") in ranking.left_out


@pytest.mark.parametrize(
    "text", ["{", "", '{"a": 1}', "[1, [2]]", "null"], ids=["cut", "empty", "object", "numbers", "null"]
)
def test_a_broken_plan_is_named(maker, text):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    (maker.write() / "plan.json").write_text(text)
    with pytest.raises(
        InputError, match=r"plan\.json` must .*`prunebench run` into that folder, which writes it again"
    ):
        make_report([maker.folder])


def test_records_of_another_schema_are_left_out_and_counted(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    folder = maker.write()
    line = json.loads((folder / "records.jsonl").read_text())
    with (folder / "records.jsonl").open("a") as stream:
        for version in (0, 99):
            stream.write(json.dumps({**line, "cell": str(version), "schema_version": version}) + "\n")
    report = make_report([folder])
    assert len(report.points) == 1
    assert "2 records of another schema are left out" in missing(report)
    (folder / "records.jsonl").write_text(json.dumps({**line, "schema_version": 99}) + "\n")
    with pytest.raises(InputError, match=r"schema_version 1\. Found 99"):
        make_report([folder])


def test_measures_that_are_nan_are_missing_not_numbers(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0,))
    maker.records = [
        dataclasses.replace(r, measures={**r.measures, "macs_backbone": math.nan, "file_bytes": math.nan})
        if r.criterion == "l1"
        else r
        for r in maker.records
    ]
    maker.records[-1] = dataclasses.replace(maker.records[-1], stages={"fine-tuned": {"test_map": math.nan}})
    report = write_report([maker.write()], formats=[])
    assert (
        "2 rows (l1) have no MACs (backbone) and no file size yet and are missing from the figures against them."
        in report.missing
    )
    assert "1 cell ended without a defined test mAP" in missing(report)
    assert not any(
        row.label == "l1" for r in report.rankings if r.quantity.key == "macs_backbone" for row in r.rows
    )
    assert "NaN" not in report.page.read_text().replace("isNaN", "")
    json.loads((report.folder / "summary.json").read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("latency", "said"),
    [
        (True, "No file size yet, so the figure against it is missing: let `prunebench run` finish."),
        (
            False,
            "No file size and no latency and no peak memory yet, so the figures against them are missing: let "
            "`prunebench run` finish.",
        ),
    ],
)
def test_costs_that_all_rows_lack(maker, latency, said):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), seeds=(0,), latency=latency)
    maker.records = [
        dataclasses.replace(r, measures={**r.measures, "file_bytes": math.nan}) for r in maker.records
    ]
    report = make_report([maker.write()])
    assert [sentence for sentence in report.missing if sentence.startswith("No ")] == [said]


def test_a_cost_that_one_row_lacks(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), seeds=(0,))
    maker.records = [
        dataclasses.replace(r, measures={**r.measures, "file_bytes": math.nan}) if r.criterion == "l1" else r
        for r in maker.records
    ]
    assert (
        "1 row (l1) has no file size yet and is missing from the figure against it."
        in make_report([maker.write()]).missing
    )


def test_one_seed_and_one_point(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    maker.cell(signal=0.9, criterion="random", ratio=0.5, prune_seed=0)
    report = write_report([maker.write()], formats=[])
    text = " ".join(s for said in report.sentences.values() for s in said).replace("\u00a0", " ")
    assert "is unknown: repeats (base models, fine-tuning seeds or draws of random) are missing" in text
    assert "1 base model is too few to say which criterion is first" in text
    (ranking, _) = report.rankings
    assert ranking.bases == 1
    assert [row.may_be_best for row in ranking.rows] == [None, None]
    assert [row.like_random for row in ranking.rows] == [None, None]
    assert "***" not in (report.folder / "summary.tex").read_text().partition("\\toprule")[2]
