"""The page in a real browser: no error, filters, sorting, notes, keyboard, both themes, a phone."""

import json
from pathlib import Path

from prunebench.reports import load_records


def rows(page, section):
    return page.locator(f"section[aria-labelledby={section}] tbody tr:visible")


def test_a_heading_sorts_and_turns_round(page):
    values = "rows => rows.map(r => Number.parseFloat(r.cells[3].dataset.value))"
    table = page.locator("section[aria-labelledby=table] table")
    table.locator("thead button", has_text="mAP").nth(1).click()
    rising = table.locator("tbody tr").evaluate_all(values)
    assert rising == sorted(rising)
    table.locator("thead button", has_text="mAP").nth(1).click()
    assert table.locator("tbody tr").evaluate_all(values) == sorted(rising, reverse=True)
    assert table.locator("thead th").nth(3).get_attribute("aria-sort") == "descending"


def test_what_is_typed_filters_by_words_and_by_numbers(page):
    whole = rows(page, "table").count()
    field = page.locator("section[aria-labelledby=table] input[type=search]")
    field.fill("l1")
    assert {text.strip()[:2] for text in rows(page, "table").locator("th").all_inner_texts()} == {"l1"}
    field.fill("ratio>=0.5")
    assert 0 < rows(page, "table").count() < whole
    field.fill("no such thing")
    assert rows(page, "table").count() == 0
    field.fill("")
    assert rows(page, "table").count() == whole


def test_a_comparison_takes_the_column_of_that_name_before_one_that_starts_so(page):
    values = (
        "rows => rows.map(r => [r.cells[2].dataset.value, r.cells[3].dataset.value].map(Number.parseFloat))"
    )
    table = page.locator("section[aria-labelledby=table] table")
    assert table.locator("thead th").all_inner_texts()[2:4] == ["mAP pruned", "mAP"]
    maps = table.locator("tbody tr").evaluate_all(values)
    limit = sorted(after for _, after in maps)[len(maps) // 2]
    assert sum(before > limit for before, _ in maps) != sum(after > limit for _, after in maps)
    field = page.locator("section[aria-labelledby=table] input[type=search]")
    field.fill(f"mAP>{limit}")
    shown = table.locator("tbody tr:visible").evaluate_all(values)
    assert len(shown) == sum(after > limit for _, after in maps)
    assert all(after > limit for _, after in shown)
    field.fill(f"map_pru>{limit}")
    assert table.locator("tbody tr:visible").count() == sum(before > limit for before, _ in maps)


def test_a_click_on_a_mark_filters_plots_and_tables(page):
    marks = page.locator("#plot .mark")
    whole = marks.count()
    page.locator("#plot .mark[aria-label^='l2,']").first.dispatch_event("click")
    assert page.locator("#plot .mark").count() < whole
    names = rows(page, "table").locator("th").all_inner_texts()
    assert any(name.startswith("l2") for name in names)
    assert not any(name.startswith("l1") for name in names)
    cells = rows(page, "cells").locator("th").all_inner_texts()
    controls = {"unpruned", "unpruned-fine-tuned", "scratch", "scratch-macs"}
    assert set(cells) == {"l2", "l2, reversed", "random", *controls}
    assert any(name.startswith("random") for name in names)
    drawn = page.locator("#plot .mark").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert {label.split(", ")[0] for label in drawn} == {
        *("l2", "random", "unpruned", "trained from scratch", "from scratch"),
    }
    assert page.locator("#plot .band").count() == 1
    page.locator("#shown button", has_text="Show all").click()
    assert page.locator("#plot .mark").count() == whole


def test_a_reverse_is_drawn_when_asked_for_and_goes_with_its_criterion(page):
    turned = page.locator("#plot .mark[aria-label*=', reversed']")
    assert turned.count() == 0
    page.locator("#plot-reversed").focus()
    page.keyboard.press("Space")
    assert turned.count() == 2
    page.locator("#legend button", has_text="l2").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "l2"
    assert turned.count() == 1
    assert "l2, reversed" in turned.get_attribute("aria-label")
    for section in ("table", "measures"):
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        names = " ".join(rows(page, section).locator("th").all_inner_texts())
        assert "l2, reversed" in names
        assert "l1, reversed" not in names
        assert "from scratch" in names
    page.keyboard.press("Enter")
    turned.first.dispatch_event("click")
    assert page.locator("#shown .chip").first.inner_text() == "l1 ×"


def test_controls_stand_in_the_legend_each_with_its_mark(page):
    entries = page.locator("#legend span.key")
    tuned = ["unpruned, fine-tuned", "unpruned, fine-tuned (own rate)"]
    labels = ["unpruned", *tuned, "trained from scratch", "from scratch, equal MACs in all"]
    assert entries.all_inner_texts() == [*labels, "Pareto frontier of criteria", "range of random"]
    paths = entries.locator("path").evaluate_all(
        "p => p.map(e => e.getAttribute('d') + e.getAttribute('fill'))"
    )
    told = dict(zip(labels, paths, strict=False))  # lines and the band have no mark
    assert len({told[label] for label in labels}) == 5
    for label in labels:
        other = ":not([aria-label^='unpruned, fine-tuned'])" if label == "unpruned" else ""
        mark = page.locator(f"#plot .mark[aria-label^='{label}, ']{other}").first
        assert mark.get_attribute("d") + mark.get_attribute("fill") == told[label]


def test_a_mark_tells_of_its_cell(page):
    page.locator("#plot .mark[aria-label^='l1,']").first.dispatch_event("pointerenter")
    text = page.locator("#note").inner_text()
    assert "l1" in text
    assert "MACs, backbone" in text
    assert "cell" in text
    page.keyboard.press("Escape")
    assert page.locator("#note").is_hidden()


def test_the_keyboard_reaches_marks_and_filters(page):
    page.locator("#theme").focus()
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first != second
    assert page.locator("#note").is_visible()
    page.locator("#plot .mark[aria-label^='l1,']").first.focus()
    page.keyboard.press("Enter")
    assert "l1" in page.locator("#shown").inner_text()


def test_every_axis_and_every_budget_is_drawn(page):
    for name in ("plot-cost", "plot-quality", "forest-budget", "forest-value"):
        options = page.locator(f"#{name} option").evaluate_all("o => o.map(x => x.value)")
        for value in options:
            page.select_option(f"#{name}", value)
            drawing = "#forest" if name.startswith("forest") else "#plot"
            assert page.locator(f"{drawing} .mark").count() > 0
    page.check("#plot-relative")
    page.check("#plot-log")
    assert page.locator("#plot text", has_text="×").count() > 2


def test_a_cell_shows_its_command(page):
    rows(page, "cells").filter(has_text="l1").first.locator("button").click()
    shown = page.locator("#cell").inner_text()
    assert "prunebench run" in shown
    assert "base.seeds" in shown or "prune.criteria" in shown
    places = page.locator("#cell dl > *").evaluate_all(
        "all => all.map(e => [e.tagName, e.getBoundingClientRect().left, e.getBoundingClientRect().top])"
    )
    names, values = places[::2], places[1::2]
    assert {tag for tag, _, _ in names} == {"DT"}
    assert len({left for _, left, _ in names}) == len({left for _, left, _ in values}) == 1
    assert all(abs(name[2] - value[2]) < 1 for name, value in zip(names, values, strict=True))


def test_tables_and_plots_are_saved(page):
    with page.expect_download() as found:
        page.locator("#plot-save button", has_text="PNG").click()
    assert Path(found.value.path()).read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as found:
        page.locator("section[aria-labelledby=cells] .tools button", has_text="CSV").click()
    assert "prunebench run" in Path(found.value.path()).read_text()


def test_both_themes_and_a_phone(page):
    def ground():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = ground()
    page.locator("#theme").click()
    assert ground() != light
    assert page.locator("#plot rect").first.get_attribute("fill") == "rgb(20, 23, 26)"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_names_in_the_ranking_are_whole_or_cut_at_their_end(page):
    page.set_viewport_size({"width": 390, "height": 844})
    long = "W" * 30
    page.evaluate(f"DATA.rankings.forEach(r => {{ r.rows[0].label = '{long}'; }}); changed()")
    names = page.locator("#forest text[text-anchor=end]")
    assert all(left >= 0 for left in names.evaluate_all("all => all.map(e => e.getBBox().x)"))
    assert names.first.inner_html().startswith("WWW")
    assert names.first.inner_html().endswith("…")
    assert "l2" in names.evaluate_all("all => all.map(e => e.textContent)")


def test_markup_in_names_stays_text(page):
    assert page.locator("b", has_text="odd").count() == 0
    assert page.locator("#legend", has_text="<b>odd</b>").count() == 1


def test_the_data_are_json_and_hold_every_cell(page, written):
    text = page.locator("#data").evaluate("e => e.textContent")
    data = json.loads(text)
    records = {record.cell: record for record in load_records(written.parent.parent)}
    for cell in data["cells"]:
        for name in ("macs_backbone", "macs_with_frontend", "parameters", "file_bytes"):
            assert cell[name] == records[cell["id"]].measures[name]
    assert len(data["cells"]) == 2 * (1 + 2 + 2 * (3 + 3)) + 4
    assert written.stat().st_size < 6e6


def test_marks_and_intervals_that_seem_to_disagree_are_explained(page):
    set_row = """([key, alike, interval, value]) => {
        const budget = document.getElementById('forest-budget'), shown = document.getElementById('forest-value');
        const row = DATA.rankings[Number(budget.value)].rows.at(-1);
        row[key] = interval; row[alike] = value; shown.value = key; shown.dispatchEvent(new Event('change'));
        return document.getElementById('forest-note').textContent; }"""
    wider = "A filled mark can have an interval that reaches 0"
    corrected = "A hollow mark can have an interval without 0"
    assert wider in page.evaluate(set_row, ["fromBest", "mayBeBest", [-0.05, -0.11, 0.01], False])
    assert wider not in page.evaluate(set_row, ["fromBest", "mayBeBest", [-0.05, -0.11, -0.01], False])
    assert corrected in page.evaluate(set_row, ["fromRandom", "likeRandom", [-0.05, -0.11, -0.01], True])
    assert corrected not in page.evaluate(set_row, ["fromRandom", "likeRandom", [-0.05, -0.11, -0.01], False])
