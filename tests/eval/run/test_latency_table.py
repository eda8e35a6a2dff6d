"""The file of latencies: read back as it was written, and refused in a sentence otherwise."""

import dataclasses
import json

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.latency_table import LatencyTable, LatencyTables, LayerLatencies, WholeLatency

LAYER = LayerLatencies("conv", ((4, ((0, 1),)),), ((3, 1), (3, 4)), (0.25, 1.0), (0.5, 1.5))
MODELS = (
    WholeLatency("C7", None, 0.0, (1,), 0.3, 0.01),
    WholeLatency("C7", 0.5, 0.4, (3,), 0.56, 0.01),
    WholeLatency("C7", 0.5, 0.5, (2,), 0.49, 0.01),
)
TABLE = LatencyTable({"network": "cnn14", "widths": [4]}, 12.5, (LAYER,), MODELS)


def test_it_is_read_back_as_it_was_written():
    text = LatencyTables.with_tables([TABLE]).to_json()
    found = LatencyTables.from_json(text, "f")
    assert found.tables == (TABLE,)
    assert found.for_subject({"network": "cnn14", "widths": [4]}) == TABLE
    assert found.for_subject({"network": "cnn14", "widths": [5]}) is None


def test_the_model_nearest_to_a_target_is_the_one_that_counts():
    assert TABLE.of("C7", 0.5) == MODELS[2]
    assert TABLE.of("C7", None) == MODELS[0]
    assert TABLE.of("C8", 0.5) is None


def test_content_is_what_layers_took():
    later = dataclasses.replace(TABLE, models=MODELS[:1])
    assert later.content == TABLE.content
    slower = dataclasses.replace(LAYER, ms=(0.5, 1.6))
    assert dataclasses.replace(TABLE, layers=(slower,)).content != TABLE.content


def broken(**changes):
    told = json.loads(LatencyTables.with_tables([TABLE]).to_json())
    told["tables"][0] |= changes
    return json.dumps(told)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"schema_version": 2, "tables": []}',
        broken(whole_ms=0.0),
        broken(whole_ms="fast"),
        broken(layers=[{**dataclasses.asdict(LAYER), "ms": [1.0]}]),
        broken(layers=[{**dataclasses.asdict(LAYER), "ms": [1.0, float("nan")]}]),
        broken(models=[{**dataclasses.asdict(MODELS[0]), "share": -1.0}]),
    ],
)
def test_a_damaged_table_is_refused_in_a_sentence(text):
    with pytest.raises(
        InputError, match=r"^`f` is not a table of latencies as prunebench writes it \(.*delete it"
    ):
        LatencyTables.from_json(text, "f")
