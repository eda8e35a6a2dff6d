"""The first screen holds the standing, the answer and the figure; statistics and the like are folded below it."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from prunebench.reports import write_report
from prunebench.reports.answer.answer import said_answer
from prunebench.reports.answer.standing import said_standing
from prunebench.reports.page.page import page_html

SCREENS = {"wide": (1400, 900), "narrow": (390, 844)}


@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
def test_standing_answer_and_figure_are_on_the_first_screen(page, size, written_report):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function("document.getElementById('plot').clientWidth > 300")
    box = "e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; }"
    for selector in (".standing", ".answer", "#plot"):
        left, top, right, bottom = page.locator(selector).evaluate(box)
        assert left >= 0
        assert top >= 0
        assert right <= size[0]
        assert bottom <= size[1], selector
    assert page.locator("#plot").evaluate("e => e.clientWidth") > 0.9 * size[0]
    assert page.locator(".standing").inner_text() == said_standing(written_report)
    assert page.locator(".answer p").all_inner_texts() == list(said_answer(written_report))
    assert 1 <= page.locator(".answer p").count() <= 3


def test_statistics_missing_parts_and_the_environment_are_folded(page):
    for title in ("summary", "controls", "again", "measures"):
        fold = page.locator(f"details:has(#{title})")
        assert fold.get_attribute("open") is None, title
        fold.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert fold.get_attribute("open") is not None, title
    assert page.locator("details:has(#summary) li").first.is_visible()


@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
def test_ticks_can_be_read_on_even_and_logarithmic_axes(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    boxes = "all => all.map(e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right])"
    for cost in page.locator("#plot-cost option").evaluate_all("o => o.map(x => x.value)"):
        page.select_option("#plot-cost", cost)
        for way in ("check", "uncheck"):
            getattr(page, way)("#plot-log")
            found = sorted(page.locator("#plot .tick").evaluate_all(boxes))
            assert len(found) >= 2, (cost, way)
            assert all(a[1] < b[0] for a, b in itertools.pairwise(found)), (cost, way)
            assert found[0][0] >= 0
            assert found[-1][1] <= size[0]


@pytest.mark.parametrize(
    ("low", "high", "count", "ticks"),
    [
        (1, 100, 8, [1, 2, 5, 10, 20, 50, 100]),
        (1, 1e6, 8, [1, 10, 100, 1e3, 1e4, 1e5, 1e6]),
        (150, 330, 6, [150, 200, 250, 300]),
        (1, 1e12, 4, [1, 1e3, 1e6, 1e9, 1e12]),
    ],
)
def test_ticks_of_a_logarithmic_axis(read_page, low, high, count, ticks):
    found = read_page.evaluate(f"logTicks({low}, {high}, {count})")
    assert found == pytest.approx(ticks)


def test_points_at_one_cost_stand_at_one_place_and_the_frontier_goes_through_the_best(page, written_report):
    page.select_option("#plot-cost", "macs_backbone")
    places = page.locator("#plot .mark").evaluate_all(
        "all => all.map(e => [e.getAttribute('aria-label'), e.getAttribute('transform')])"
    )
    told = {
        label.partition(", test mAP")[0].partition(", mAP")[0]: [*map(float, re.findall(r"[\d.]+", at)[:2])]
        for label, at in places
    }
    half = {label: at for label, at in told.items() if "50 % removed" in label and "scratch" not in label}
    assert len(half) >= 4
    assert len({round(x, 6) for x, _ in half.values()}) == 1
    path = page.locator("#plot .frontier").get_attribute("d")
    best = [row for row in written_report.rows if row.on_frontier and row.control is None]
    assert len(best) == 2
    for row in best:
        (x, y) = next(
            at for label, at in told.items() if label.startswith(f"{row.label}, {100 * row.ratio:.0f} %")
        )
        numbers = [float(text) for text in re.findall(r"[\d.]+", path)]
        assert any(abs(number - x) < 1e-6 for number in numbers)
        assert any(abs(number - y) < 1e-6 for number in numbers)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_saved_picture_is_light_and_says_what_it_shows(page, theme, written_report):
    page.emulate_media(color_scheme=theme)
    for drawing in ("plot", "forest"):
        with page.expect_download() as found:
            page.locator(f"#{drawing}-save button", has_text="SVG").click()
        text = Path(found.value.path()).read_text(encoding="utf-8")
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert 'fill="rgb(255, 255, 255)"' in text[:600]
        assert "rgb(20, 23, 26)" not in text
        said = re.sub(r"</text><text[^>]*>", " ", text)
        for words in (written_report.title, said_standing(written_report), "C7–C12 pruned"):
            assert words in said, words
        names = ["l1", "l2", "&lt;b&gt;odd&lt;/b&gt;"]
        if drawing == "plot":
            names += ["random", "unpruned", "Pareto frontier of criteria", "range of random"]
        else:
            names += ["differs from random", "not distinguishable from random"]
        for name in names:
            assert f">{name}<" in text, name
        assert len(text) < 60_000
    assert page.locator("#plot rect").first.get_attribute("fill") == (
        "rgb(255, 255, 255)" if theme == "light" else "rgb(20, 23, 26)"
    )


def test_a_crowded_plot_colours_few_and_names_the_others_when_asked(browser, maker):
    losses = {f"made_up_{i}": 0.4 + 0.02 * i for i in range(20)}
    maker.grid(criteria={**losses, "random": 0.6}, ratios=(0.5, 0.75))
    report = write_report([maker.write()], formats=[])
    page = browser.new_page()
    page.goto(report.page.as_uri())
    page_text = report.page.read_text(encoding="utf-8")
    assert page_text.index('id="forest-part"') < page_text.index(
        'id="plot"'
    )  # the ranking is what can be read
    named = page.locator("#legend button")
    few = named.count()
    assert few < 12
    assert "other criteria" in named.last.inner_text()
    assert page.locator("#plot .mark[aria-label^='made_up_']").count() == 40
    named.last.click()
    assert page.locator("#legend button").count() == 22
    page.locator("#legend button", has_text="fewer criteria").focus()
    page.keyboard.press("Enter")
    assert page.locator("#legend button").count() == few
    assert page.evaluate("document.activeElement.closest('#legend') !== null")
    page.locator("#plot .mark[aria-label^='made_up_10,']").first.dispatch_event("click")
    with page.expect_download() as found:
        page.locator("#plot-save button", has_text="SVG").click()
    text = Path(found.value.path()).read_text(encoding="utf-8")
    assert set(re.findall(r">(made_up_\d+|random)<", text)) == {"made_up_10", "random"}
    page.close()


def test_the_page_says_of_files_what_is_true(quick_report, maker):
    assert "each figure as SVG." in quick_report.page.read_text(encoding="utf-8")
    few = quick_report.page.read_text(encoding="utf-8")
    assert "PDF" not in few
    assert few.index('id="plot"') < few.index('id="forest-part"')
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    page = page_html(write_report([maker.write()], formats=[]), ())
    assert "each figure" not in page
    for control in ("“own rate”", "trained from scratch", "grey band", "The base model as it is"):
        assert control not in page
