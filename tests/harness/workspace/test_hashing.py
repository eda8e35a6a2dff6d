import hashlib
import json

import pytest

from prunebench.harness.workspace.hashing import Encoded, identity


def test_order_of_keys_does_not_matter_and_values_do():
    assert identity({"a": 1, "b": [1, 2]}) == identity({"b": [1, 2], "a": 1})
    assert identity({"a": 1}) != identity({"a": 2})
    assert identity({"a": 1}) == "015abd7f5cc57a2d"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"b": 1, "a": 1.0, "c": True, "d": None, "e": 'ü \\ "'},
        {"a": 1},
        {"a": True},
        {"a": 1.0},
        {"nested": {"z": [1, (2, 3)], "a": {"y": 0.1, "x": None}}, "tuple": (1, 2)},
    ],
)
def test_it_is_the_hash_of_sorted_json(payload):
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert identity(payload) == expected
    assert identity({key: Encoded.of(value) for key, value in payload.items()}) == expected
