"""Lists of panels show first where panels differ."""

from prunebench.reports.page.data import told_apart


def test_parts_that_all_titles_share_are_left_out():
    lengths = [
        f"synth · C7–C12 pruned · fine-tuning: tail · {length}" for length in ("converged", "after 60 steps")
    ]
    assert told_apart(lengths) == ["converged", "after 60 steps"]
    sounds = ["esc50 · C7–C12 pruned · global", "synth · C7–C12 pruned · uniform"]
    assert told_apart(sounds) == ["esc50 · global", "synth · uniform"]


def test_a_title_of_shared_parts_stays_whole():
    assert told_apart(["synth · tail", "synth · tail · iterative"]) == ["synth · tail", "iterative"]
    assert told_apart(["synth · tail"]) == ["synth · tail"]
    assert told_apart([]) == []
