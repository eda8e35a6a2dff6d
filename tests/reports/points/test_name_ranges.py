"""Names that count up are one word; all others stay as they are."""

import pytest

from prunebench.reports.points.name_ranges import in_ranges
from prunebench.reports.points.panel import Panel

BLOCKS = [f"features.{number}.block.0.0" for number in range(2, 16)]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], []),
        (["C7-C12"], ["C7-C12"]),
        ([*BLOCKS, "features.16.0"], ["features.2–15.block.0.0", "features.16.0"]),
        (["a.1", "a.2"], ["a.1", "a.2"]),  # two are no range
        (["a.1", "a.2", "a.4", "a.5", "a.6"], ["a.1", "a.2", "a.4–6"]),
        (["a.1.1", "a.2.2", "a.3.3"], ["a.1.1", "a.2.2", "a.3.3"]),  # two numbers move
        (["a.1.1", "a.1.2", "a.1.3", "a.2.3", "a.3.3"], ["a.1.1–3", "a.2.3", "a.3.3"]),
        (["a.9.0", "a.10.0", "a.11.0", "b.12.0"], ["a.9–11.0", "b.12.0"]),
        (["a.3", "a.2", "a.1"], ["a.3", "a.2", "a.1"]),  # the order stays
    ],
)
def test_ranges(names, words):
    assert in_ranges(names) == words


def test_the_title_of_a_panel_holds_a_long_scope_in_few_words():
    panel = Panel("esc10", ",".join([*BLOCKS, "features.16.0"]), "uniform", "none", network="mn", named=True)
    assert panel.title == "esc10 · mn · features.2–15.block.0.0, features.16.0 pruned · not fine-tuned"
