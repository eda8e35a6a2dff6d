"""Ties at the cut and sizes of feature maps, from the records to words and table."""

import csv
import dataclasses
import io
import json

from prunebench.eval.run.record import Record
from prunebench.reports import make_report
from prunebench.reports.tables.all_tables import data_tables
from prunebench.reports.tables.columns import COLUMNS

SIZES = {"C7": (12, 8), "C8": (12, 8), "C10": (6, 4), "C9": (6, 4), "C11": (3, 2), "C12": (3, 2)}


def report_of(maker):
    """Half of C12 ties under `hrank` on the first base model, and a quarter on the second."""
    maker.grid(
        criteria={"l1": 0.4, "hrank": 0.6, "random": 0.9}, ratios=(0.5, 0.75), bases=(0, 1), seeds=(0,)
    )

    def known(record):
        if record.control == "unpruned":
            return dataclasses.replace(record, map_sizes=SIZES)
        if record.criterion is None:
            return record
        share = {0: 0.5, 1: 0.25}[record.base_seed] if record.criterion == "hrank" else 0.0
        return dataclasses.replace(record, ties={"C12": share * record.ratio * 2, "C7": 0.0})

    maker.records = [known(record) for record in maker.records]
    return make_report([maker.write()])


def test_both_are_said(maker):
    (said,) = report_of(maker).sentences.values()
    text = [sentence.replace("\u00a0", " ") for sentence in said][-2:]
    assert text == [
        "Sizes of the feature maps for a test clip: 12 × 8 (C7, C8), 6 × 4 (C9, C10), 3 × 2 (C11, C12). Depending on "
        "the network, a size is time × frequency or frequency × time.",
        "1 of 2 criteria gives the same score to several filters at the limit between removed and kept filters. Of "
        "these, the order in the file decides which are removed. Largest share of such filters in one layer (mean over "
        "models): hrank, 56 % in C12 with 75 % removed.",
    ]


def test_the_table_has_every_cut(maker):
    report = report_of(maker)
    table = next(table for table in data_tables(report, COLUMNS, []) if table.name == "ties")
    rows = list(csv.DictReader(io.StringIO(table.csv().decode())))
    assert len(rows) == 2 * 2 * 2  # criteria, ratios, layers
    row = next(r for r in rows if (r["criterion"], r["ratio"], r["layer"]) == ("hrank", "0.5", "C12"))
    assert (float(row["tied_at_cut"]), row["frames"], row["mels"], row["cells"]) == (0.375, "3", "2", "2")


def test_records_of_before_say_nothing(quick_report):
    assert not any(
        "feature maps" in s or "the same score" in s for own in quick_report.sentences.values() for s in own
    )
    assert "ties" not in {table.name for table in data_tables(quick_report, COLUMNS, [])}


def test_records_hold_them_only_where_they_are_known_and_agree_with_older_ones():
    plain = Record(cell="a", outcome="b", data="synth", base="c", scope="none")
    known = dataclasses.replace(plain, map_sizes=SIZES, ties={"C7": 0.5})
    assert not {"map_sizes", "ties"} & set(json.loads(plain.to_json()))
    assert Record.from_json(known.to_json()) == known
    assert plain.same_result(known)
