import dataclasses
import json

import pytest

from prunebench.eval import InputError, Record

RECORD = Record(
    cell="c", outcome="o", data="d", base="b", scope="C8", criterion="l1", ratio=1.0, widths=(0, 4)
)


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_a_ratio_in_the_interval_is_read(ratio):
    record = dataclasses.replace(RECORD, ratio=ratio)
    assert Record.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ratio", 1.5),
        ("ratio", -0.1),
        ("widths", [-1, 4]),
        ("status", "began"),
        ("stages", {"melted": {}}),
        ("stages", {"quantised": {"test_map": 0.5}}),
        ("sparsify_steps", -1),
        ("sparsify_macs", -1),
    ],
)
def test_a_value_that_no_cell_has_is_refused(field, value):
    line = json.loads(RECORD.to_json()) | {field: value}
    with pytest.raises(InputError, match=f"`{field}`"):
        Record.from_json(json.dumps(line))


def test_a_cell_of_two_lengths_ends_converged_and_comes_back_from_its_line():
    stages = {
        "base": {"test_map": 0.8, "steps": 2400.0, "best_step": 2100.0, "bound_reached": 0.0},
        "pruned": {"test_map": 0.1},
        "fine-tuned": {"test_map": 0.6, "steps": 60.0},
        "converged": {"test_map": 0.7, "steps": 900.0, "best_step": 850.0, "bound_reached": 1.0},
    }
    record = dataclasses.replace(RECORD, stages=stages, learning_rate=1e-3, short_learning_rate=3e-3)
    assert record.last_stage == "converged"
    assert Record.from_json(record.to_json()) == record


def test_a_quantised_model_stands_beside_the_last_stage():
    stages = {"base": {"test_map": 0.8}, "fine-tuned": {"test_map": 0.7}, "quantised": {"test_map": 0.69}}
    record = dataclasses.replace(RECORD, stages=stages)
    assert record.last_stage == "fine-tuned"
    assert Record.from_json(record.to_json()) == record
    assert not record.same_result(
        dataclasses.replace(record, stages={**stages, "quantised": {"test_map": 0.6}})
    )


def test_a_rate_of_a_short_fine_tuning_is_in_json_only_where_there_is_one():
    assert "short_learning_rate" not in json.loads(RECORD.to_json())
    both = dataclasses.replace(RECORD, short_learning_rate=3e-3)
    assert json.loads(both.to_json())["short_learning_rate"] == 3e-3
    with pytest.raises(InputError, match="learning rates should be finite"):
        Record.from_json(both.to_json().replace("0.003", "Infinity"))
