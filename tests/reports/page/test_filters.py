"""What is typed above a table answers, or says why it cannot; what is saved holds raw numbers."""

import csv
import io
import math
from pathlib import Path

import pytest

from prunebench.reports.content import numbers


@pytest.fixture
def shown(read_page):
    """Types into the filter of the summary and gives the texts of the rows that are left, by heading."""
    section = read_page.locator("section[aria-labelledby=table]")
    headings = section.locator("thead th").all_inner_texts()

    def rows(text):
        section.locator("input[type=search]").fill(text)
        cells = section.locator("tbody tr:visible").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
        )
        problem = section.locator(".problem").inner_text()
        return [dict(zip(headings, each, strict=True)) for each in cells], problem

    yield rows
    section.locator("input[type=search]").fill("")


def ruled(report, test):
    return sorted((row.label, row.ratio) for row in report.rows if test(row))


def found(rows):
    ratios = [
        0.0 if row["ratio"] == "–" else float(row["ratio"].removesuffix("\u00a0%")) / 100 for row in rows
    ]
    labels = [row["criterion"].rstrip(" ◆◇") for row in rows]
    return sorted(zip(labels, ratios, strict=True))


@pytest.mark.parametrize("text", ["ratio=50%", "ratio=50 %", "ratio = 0.5", "ratio==0.5", "RATIO=50%"])
def test_a_ratio_as_it_is_shown_or_as_a_number(shown, written_report, text):
    rows, problem = shown(text)
    assert problem == ""
    assert found(rows) == ruled(written_report, lambda row: row.ratio == 0.5)


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("from random>0", lambda row: row.difference > 0),
        ("from_random<0", lambda row: row.difference < 0),
        ("from random>−0.1", lambda row: row.difference > -0.1),
        ("l1 ratio>=50%", lambda row: "l1" in row.label and row.ratio >= 0.5),
        ("ratio=50% from random<0", lambda row: row.ratio == 0.5 and row.difference < 0),
        ("95 % interval>0", lambda row: row.difference_low > 0),
        ("95 % interval<0", lambda row: row.difference_high < 0),
        ("95 % interval = 0", lambda row: row.difference_low <= 0 <= row.difference_high),
        ("95 % interval != 0", lambda row: row.difference_low > 0 or row.difference_high < 0),
        ("MACs backbone<200M", lambda row: row.macs_backbone < 200e6),
        ("file<2MB", lambda row: row.file_bytes < 2e6),
        ("criterion=l2", lambda row: row.label == "l2"),
        ("criterion!=l2", lambda row: row.label != "l2"),
        ("criterion=unpruned, fine-tuned n>=1", lambda row: row.label == "unpruned, fine-tuned"),
        ('"l2, reversed"', lambda row: row.label == "l2, reversed"),
        ("ratio≠50%", lambda row: row.ratio != 0.5),
    ],
)
def test_comparisons_hold_for_what_is_shown(shown, written_report, text, test):
    rows, problem = shown(text)
    assert problem == ""
    assert found(rows) == ruled(written_report, test)


def test_a_number_as_it_is_rounded_finds_its_row(shown, written_report):
    row = next(row for row in written_report.rows if row.label == "l1" and row.ratio == 0.25)
    rows, problem = shown(f"mAP={numbers.quality(row.map_mean)} criterion=l1")
    assert problem == ""
    assert [each["mAP"] for each in rows] == [numbers.quality(row.map_mean)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mapp>0.5", "There is no column “mapp”."),
        ("l1 speed>3", "There is no column “l1 speed”."),
        (">0.5", "A comparison begins with a column, as in mAP>0.5."),
        ("mAP>", "“mAP>” compares with nothing: add a value, as in mAP>0.5."),
        ("mAP>high", "“high” is no number, and mAP holds numbers."),
        ("mAP>0,5", "“0,5” is no number, and mAP holds numbers."),
        ("criterion>3", "criterion holds text: compare it with = or !=."),
    ],
)
def test_what_cannot_be_read_is_said_with_the_columns_there_are(shown, text, said):
    whole, _ = shown("")
    rows, problem = shown(text)
    assert problem.startswith(said)
    assert problem.endswith("Columns: " + " · ".join(dict.fromkeys(whole[0])) + ".")
    assert rows == whole


@pytest.mark.parametrize(
    "text",
    [
        "slimming[strength=0.001]",
        "criterion=l1 after slimming[strength=0.001]",
        "mAP=0.5 slimming[strength=0.001]",
    ],
)
def test_brackets_in_a_name_are_no_comparison(read_page, text):
    name = "l1 after slimming[strength=0.001]"
    row = {"text": f"{name} 0.500", "shown": [name, "0.500"], "values": [name, "0.5"]}
    read = "const read = matcher(text, ['criterion', 'mAP'], [row]); return read.problem || read.holds(row);"
    test = f"([text, row]) => {{ {read} }}"
    assert read_page.evaluate(test, [text, row]) is True
    assert read_page.evaluate(test, [text.replace("0.001", "0.002"), row]) is False


def test_the_table_of_cells_takes_the_same_filters(page, written_report):
    section = page.locator("section[aria-labelledby=cells]")
    section.locator("input[type=search]").fill("ratio=50% base seed=1")
    count = section.locator(".tools [role=status]").inner_text()
    records = [r for run in written_report.runs for r in run.records if r.ratio == 0.5 and r.base_seed == 1]
    assert count.strip().startswith(f"{len(records)} of ")
    section.locator("input[type=search]").fill("sead=1")
    assert (
        section.locator(".problem")
        .inner_text()
        .startswith("There is no column “sead”. Columns: criterion · data")
    )


def saved(page, section):
    with page.expect_download() as download:
        page.locator(f"section[aria-labelledby={section}] .tools button", has_text="CSV").first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    return text, list(csv.DictReader(io.StringIO(text)))


def test_saved_tables_hold_raw_numbers_with_units_in_headings(page, written_report):
    page.locator("section[aria-labelledby=table] input[type=search]").fill("ratio=50%")
    text, rows = saved(page, "table")
    held = [row for row in written_report.rows if row.ratio == 0.5]
    assert len(rows) == len(held)
    assert {"file_bytes", "latency_backbone_ms", "difference_low", "map_mean", "macs_backbone"} <= set(
        rows[0]
    )
    assert not set("−–≈◆\u00a0%") & set(text)
    for row, expected in zip(rows, held, strict=True):
        assert row["label"].lstrip("'") == expected.label
        for name in (
            "map_mean",
            "difference",
            "difference_low",
            "macs_backbone",
            "file_bytes",
            "latency_backbone_ms",
        ):
            value = getattr(expected, name)
            assert (row[name] == "") == math.isnan(value), name
            assert row[name] == "" or float(row[name]) == value, name
    assert any(row["difference"].startswith("-") for row in rows)
    page.locator("section[aria-labelledby=ranking] details:has(.wide) > summary").first.click()
    _, ranked = saved(page, "ranking")
    assert {"cost", "from_random_low", "from_random_p"} <= set(ranked[0])
    _, cells = saved(page, "cells")
    assert {"file_bytes", "latency_backbone_ms", "macs_backbone", "command"} <= set(cells[0]) | {
        "latency_backbone_ms"
    }
    assert len(cells) == len(written_report.runs[0].records)


def test_no_saved_text_is_computed_by_a_spreadsheet(read_page):
    text = read_page.evaluate("csvOf([['=1+1', '+a', '-b', '@c', -0.5, null, 'say \"x\", y']])")
    assert text == '\'=1+1,\'+a,\'-b,\'@c,-0.5,,"say ""x"", y"\n'


def test_a_table_that_goes_on_sideways_says_so(page):
    hint = page.locator("section[aria-labelledby=table] .hint")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("!document.querySelector('section[aria-labelledby=table] .hint').hidden")
    assert "columns: scroll sideways for more" in hint.inner_text()
    wide = page.locator("section[aria-labelledby=table] .wide")
    assert "more" in wide.get_attribute("class")
    wide.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
    page.wait_for_function(
        "!document.querySelector('section[aria-labelledby=table] .wide').classList.contains('more')"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 2400, "height": 900})
    page.evaluate("document.body.style.maxWidth = 'none'")
    page.wait_for_function("document.querySelector('section[aria-labelledby=table] .hint').hidden")


def test_of_two_columns_with_one_name_the_one_that_is_meant_answers(read_page):
    headings = ["criterion", "mAP", "95 % interval", "from random", "95 % interval"]
    cells = ["l1", "0.500", "[0.400, 0.600]", "−0.100", "[−0.200, −0.050]"]
    row = {"text": " ".join(cells), "shown": cells, "values": ["l1", "0.5", "0.4", "-0.1", "-0.2"]}
    read = "const read = matcher(text, headings, [row]); return read.problem || read.holds(row);"
    test = f"([text, headings, row]) => {{ {read} }}"

    def answer(text):
        return read_page.evaluate(test, [text, headings, row])

    assert answer("from random 95 % interval<0") is True
    assert answer("mAP 95% interval<0") is False
    assert answer("l1 mAP 95 % interval=0.5") is True
    assert answer("95 % interval<0").startswith(
        "Several columns are called “95 % interval”: write “map 95% interval” or “from random 95% interval”."
    )
