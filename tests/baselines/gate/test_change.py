import pytest

from prunebench.baselines.gate.change import Change, Verdict


@pytest.mark.parametrize(
    ("figure", "before", "after", "interval", "said"),
    [
        ("map", 0.5, 0.48, None, "-0.0200"),
        ("map", 0.5, 0.48, (-0.03, -0.01), "-0.0200 [-0.0300, -0.0100]"),
        ("latency_ratio", 0.5, 0.55, None, "+10 %"),
        ("state_dict_bytes", 1000, 1020, None, "+2 %"),
        ("file_bytes", None, 1020, None, ""),
    ],
)
def test_map_changes_in_points_and_costs_in_percent(figure, before, after, interval, said) -> None:
    change = Change("model", figure, before, after, Verdict.REGRESSED, "regressed", interval=interval)
    assert change.as_row()[4] == said


def test_an_entry_is_shown_as_a_configuration_has_its_criterion() -> None:
    change = Change(
        "synth/variance[fold=True]/C7-C12/0.5", "parameters", 1, 2, Verdict.REGRESSED, "regressed"
    )
    assert change.as_row()[0] == "synth/variance[fold=true]/C7-C12/0.5"
    assert change.to_json()["entry"] == "synth/variance[fold=True]/C7-C12/0.5", "the name in the file"
