"""Exact figures as people read them: names, units and shares."""

import pytest

from prunebench.cli.figure_names import figure_name, figure_text, share_text, size_text
from prunebench.eval.measures.exact import exact_measures
from prunebench.harness import Cnn14


@pytest.mark.parametrize(
    ("key", "value", "name", "text"),
    [
        ("parameters", 4720, "parameters", "4,720"),
        ("parameter_bytes", 18880, "size of the parameters", "18,880 B"),
        ("macs_with_frontend", 1_116_749_824, "MACs, with front end", "1,116,749,824"),
        ("macs_thop_backbone", 70, "MACs by thop, backbone", "70"),
        ("energy_joules", 0.123456, "energy of a pass", "0.1235 J"),
        ("widths", [8, 8, 16], "filters", "8-8-16"),
        ("stored_as", "float32", "weights stored as", "float32"),
        ("macs_with_frontend", None, "MACs, with front end", "–"),
        ("of_a_plug_in", 1.5, "of a plug in", "1.5"),
    ],
)
def test_names_and_units(key, value, name, text):
    assert (figure_name(key), figure_text(key, value)) == (name, text)


def test_no_exact_figure_shows_its_key():
    figures, failed = exact_measures(Cnn14([4] * 12, n_classes=3, embedding=5))
    assert not failed
    assert not [key for key in figures if "_" in figure_name(key)]


def test_every_count_of_macs_says_whether_the_front_end_is_in_it():
    """In the tables of `prune` and `measure`."""
    figures, _ = exact_measures(Cnn14([4] * 12, n_classes=3, embedding=5))
    counts = [name for name in map(figure_name, figures) if "MACs" in name]
    assert len(counts) >= 2
    assert [name for name in counts if not name.endswith((", backbone", ", with front end"))] == []


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [(200, 50, "25.0 %"), (0, 5, ""), ([8], [4], ""), (None, 1, ""), ("float32", "float32", "")],
)
def test_shares(before, after, text):
    assert share_text(before, after) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (980, "980 B"),
        (18_880, "18.9 kB"),
        (4_378_087, "4.38 MB"),
        (999_900, "1,000 kB"),
        (2.5e12, "2,500 GB"),
    ],
)
def test_sizes(size, text):
    assert size_text(size) == text
