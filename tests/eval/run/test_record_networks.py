"""Records of other networks name their groups; those of a Cnn14 are as they always were."""

import json

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import USUAL, Record, load_records
from prunebench.eval.run.shape_line import ShapeTimings

BASE = {"cell": "c", "outcome": "o", "data": "synth", "base": "b", "scope": "inner"}


def test_what_every_earlier_record_meant_is_not_written():
    assert not set(USUAL) & set(json.loads(Record(**BASE).to_json()))


def test_a_record_of_another_network_comes_back_as_it_was():
    record = Record(
        **BASE,
        network="mn[width=0.4]",
        n_classes=3,
        groups=("a", "b"),
        front_end="fft",
        reduction="max",
        divisor=8,
        device="cuda",
        short_learning_rate=3e-3,
        sparsify="slimming[strength=0.001]",
        sparsify_steps=200,
        sparsify_macs=10**12,
        widths=(4, 2),
    )
    assert Record.from_json(record.to_json()) == record
    assert set(USUAL) <= set(json.loads(record.to_json()))


def test_as_many_widths_as_groups():
    line = Record(**BASE, network="mn", groups=("a",), widths=(4, 2)).to_json()
    with pytest.raises(InputError, match="`widths` should be as many as `groups`"):
        Record.from_json(line)


def test_shapes_are_told_apart_by_network_and_classes(tmp_path):
    lines = [
        ShapeTimings((4, 2), {"ms": 1.0}, network="mn", n_classes=3),
        ShapeTimings((4, 2), {"ms": 2.0}, network="mn", n_classes=5),
        ShapeTimings((4, 2), {"ms": 3.0}),
    ]
    files = RunFiles(tmp_path)
    files.shapes.write_text("".join(line.to_json() + "\n" for line in lines))
    of = {"groups": ("a", "b"), "widths": (4, 2)}
    records = [
        Record(**{**BASE, "cell": "1"}, network="mn", n_classes=3, **of),
        Record(**{**BASE, "cell": "2"}, network="mn", n_classes=5, **of),
        Record(**{**BASE, "cell": "3"}, n_classes=7, widths=(4, 2)),
        Record(**{**BASE, "cell": "4"}, network="cnn6", n_classes=3, **of),
    ]
    files.records.write_text("".join(record.to_json() + "\n" for record in records))
    files.environment.write_text('{"run_schema_version": 1}')
    files.plan.write_text("[]")
    assert [record.timings for record in load_records(tmp_path)] == [
        {"ms": 1.0},
        {"ms": 2.0},
        {"ms": 3.0},
        {},
    ]
