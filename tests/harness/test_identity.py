from prunebench.harness.identity import identity


def test_order_of_keys_does_not_matter_and_values_do():
    assert identity({"a": 1, "b": [1, 2]}) == identity({"b": [1, 2], "a": 1})
    assert identity({"a": 1}) != identity({"a": 2})
    assert identity({"a": 1}) == "015abd7f5cc57a2d"
