"""What a check of an archive counts: one as one."""

from types import SimpleNamespace

import pytest

from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.plan_again import check_cells, check_costs, check_identities, notes_on
from prunebench.harness.verification.sample import Repeated, check_sample


@pytest.mark.parametrize(("planned", "said"), [("ab", "1 planned cell has"), ("abc", "2 planned cells have")])
def test_cells_without_a_record(planned, said):
    records = [SimpleNamespace(cell="a", status="done")]
    found = SimpleNamespace(planned=tuple(planned), records=records, environment={"commit": "0"})
    assert notes_on(found) == [f"{said} no record."]


@pytest.mark.parametrize(
    ("here", "found", "said"),
    [
        ("a", "a", "1 identity follows from the configuration."),
        ("ab", "ab", "2 identities follow from the configuration."),
        ("a", "b", "1 of 1 identity in `plan.json` does not follow from `config.toml`: "),
        ("ab", "cb", "1 of 2 identities in `plan.json` does not follow from `config.toml`: "),
        ("ab", "cd", "2 of 2 identities in `plan.json` do not follow from `config.toml`: "),
        (
            "a",
            "aa",
            "`plan.json` must contain the 1 cell of the configuration, each once, in their order. Found 2 ",
        ),
        (
            "ab",
            "a",
            "`plan.json` must contain the 2 cells of the configuration, each once, in their order. Found 1 ",
        ),
    ],
)
def test_identities(here, found, said):
    names = SimpleNamespace(
        plan=SimpleNamespace(name="plan.json"), config=SimpleNamespace(name="config.toml")
    )
    archive = SimpleNamespace(planned=tuple(found), records=[], environment={}, files=names)
    config = SimpleNamespace(data_sets=tuple, model=())
    plan = SimpleNamespace(cells=[SimpleNamespace(identity=identity) for identity in here])
    again = SimpleNamespace(plan=plan, config=config)
    assert check_identities(archive, again).said.startswith(said)


def test_costs_of_nothing():
    again = SimpleNamespace(cells={}, plan=None)
    said = check_costs(SimpleNamespace(done=[]), again).said
    assert said == "MACs and parameters of 0 sets of layer widths follow from these."


@pytest.mark.parametrize(
    ("count", "said"), [(1, "The only record could not be"), (2, "None of the 2 records could be")]
)
def test_what_was_not_compared_does_not_hold(count, said):
    """As with other recordings than those of the run: all identities differ."""
    again = SimpleNamespace(cells={"b": None}, plan=None, config=None, datasets=())
    records = [SimpleNamespace(cell="a")] * count
    for check in (check_cells, check_costs):
        finding = check(SimpleNamespace(records=records, done=records), again)
        assert finding.verdict is Answer.COULD_NOT_TELL
        assert finding.said == f"{said} compared with the configuration, because the identities differ."


@pytest.mark.parametrize(("count", "said"), [(1, "1 of 3 cells repeats"), (2, "2 of 3 cells repeat")])
def test_cells_that_repeat(count, said):
    repeated = [Repeated("a", "the cell", True, 0.0, "", True)] * count
    assert check_sample(repeated, alike=True, of=3).said == f"{said} to the last bit."
