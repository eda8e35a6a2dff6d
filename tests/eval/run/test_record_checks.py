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
    [("ratio", 1.5), ("ratio", -0.1), ("widths", [-1, 4]), ("status", "began"), ("stages", {"melted": {}})],
)
def test_a_value_that_no_cell_has_is_refused(field, value):
    line = json.loads(RECORD.to_json()) | {field: value}
    with pytest.raises(InputError, match=f"`{field}`"):
        Record.from_json(json.dumps(line))
