"""Lines of text that fit: measured, whatever letters they have."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prunebench.reports.figures.forest import LINES, ROW, height_of
from prunebench.reports.figures.style.canvas import filled, paper_style

TEXTS = [
    "the quick brown fox " * 12,
    "WWWWW MMMMM " * 12,
    "width=0.0625 " * 20,
    "ill " * 80,
    "one_word_without_a_space_" * 12,
    "",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("width", "size"), [(3.4, 6.0), (6.8, 7.0)])
def test_lines_fit_the_figure_are_few_and_nearly_as_long_as_each_other(text, width, size):
    with paper_style():
        figure = Figure((width, 2), dpi=300)
        renderer = FigureCanvasAgg(figure).get_renderer()

        def wide(line):
            return figure.text(0, 0, line, fontsize=size).get_window_extent(renderer).width

        lines = filled(text, width, size).split("\n")
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(wide(line) <= figure.bbox.width for line in lines)
        words = text.split()
        if len(words) > 1:
            whole = 0.96 * figure.bbox.width
            assert len(lines) <= 1 + sum(map(wide, words)) * 1.2 / whole  # a sixth of a line is spaces
            assert max(map(wide, lines)) - min(map(wide, lines)) < max(map(wide, words)) + 0.12 * whole


def test_words_that_belong_together_stay_on_one_line():
    text = "before " * 20 + "n\u00a0=\u00a03 " * 20
    assert all(line.count("n") == line.count("\u00a03") for line in filled(text, 3.4).split("\n"))


def test_a_figure_is_higher_by_each_line_of_its_texts():
    plain = height_of(4, "title", ["a", "b"], "note")
    assert height_of(5, "title", ["a", "b"], "note") - plain == pytest.approx(ROW)
    assert height_of(4, "title\nmore", ["a", "b"], "note") - plain == pytest.approx(LINES["title"])
    assert height_of(4, "title", ["a", "b\nc"], "note\nmore") - plain == pytest.approx(
        LINES["column"] + LINES["note"]
    )


def test_no_line_begins_with_a_separator_or_holds_one_word_alone():
    lines = filled(
        "esc10 · mn[width=0.4] · inner groups pruned · not fine-tuned, equal MACs " * 2, 3.4
    ).split("\n")
    assert len(lines) > 2
    assert not any(line.startswith("·") for line in lines)
    assert len(lines[-1]) > 0.5 * len(lines[0])
