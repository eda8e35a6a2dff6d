"""A run as a table of pandas holds what its records hold."""

import builtins
import json

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import load_records
from prunebench.reports import load_frame, make_report
from prunebench.reports.page.page import page_html

pandas = pytest.importorskip("pandas")


def test_a_row_is_a_cell_with_all_that_its_record_says(quick_run):
    frame, records = load_frame(quick_run), load_records(quick_run)
    assert len(frame) == len(records) > 20
    assert not any(isinstance(value, dict) for value in frame.to_numpy().ravel())
    for (_, row), record in zip(frame.iterrows(), records, strict=True):
        assert (row["run"], row["cell"], row["ratio"]) == (str(quick_run), record.cell, record.ratio)
        assert row["criterion"] == record.criterion or (
            pandas.isna(row["criterion"]) and record.criterion is None
        )
        assert row["map"] == record.stages[record.last_stage]["test_map"]
        assert {group: row[f"kept.{group}"] for group in record.groups} == dict(
            zip(record.groups, record.widths, strict=True)
        )
        for name, value in {**record.measures, **record.timings}.items():
            assert row[name] == value
        for stage, found in record.stages.items():
            assert {name: row[f"{stage}.{name}"] for name in found} == dict(found)
    assert str(frame["prune_seed"].dtype) == "Int64"
    assert set(frame.loc[frame["control"].isna() & (frame["criterion"] == "l1"), "ratio"]) == {
        0.25,
        0.5,
        0.75,
    }


def test_several_runs_are_told_apart_by_their_folder(quick_run):
    frame = load_frame([str(quick_run), quick_run])
    assert len(frame) == 2 * len(load_records(quick_run))


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="run folder"):
        load_frame(tmp_path)


def test_without_pandas_the_advice_is_a_command(monkeypatch, quick_run):
    load = builtins.__import__

    def without(name, *rest):
        if name == "pandas":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"needs pandas, which is not installed: .*pip install '"):
        load_frame(quick_run)


def test_a_label_is_shown_as_a_configuration_has_it_and_the_record_keeps_its_own(maker):
    held, shown = "variance[fold=True]", "variance[fold=true]"
    maker.grid(criteria={held: 0.4, "random": 0.9}, ratios=(0.5,))
    folder = maker.write()
    assert held in {record.criterion for record in load_records(folder)}
    report = make_report([folder])
    assert {row.label for row in report.rows} >= {shown, "random"}
    assert shown in set(load_frame(folder)["criterion"])
    assert held not in json.dumps(report.summary)
    assert held not in page_html(report, ())
