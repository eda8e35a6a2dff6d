"""A no-break space keeps a number and its percent sign on one line of a page; a program that searches finds neither."""

import json

from prunebench.cli.printed.printing import json_text
from prunebench.reports.content import numbers
from prunebench.reports.content.report import as_json

FOR_PROGRAMS = (".csv", ".json")
NO_BREAK = "\u00a0"


def test_no_file_for_programs_has_a_no_break_space(quick_report):
    files = [path for path in quick_report.files if path.suffix in FOR_PROGRAMS]
    assert {"summary.json", "summary.csv", "ranking.csv", "class_changes.csv"} <= {
        path.name for path in files
    }
    assert [path.name for path in files if NO_BREAK in path.read_text(encoding="utf-8")] == []


def test_sentences_are_searched_as_they_are_typed(quick_report):
    said = [s for own in quick_report.sentences.values() for s in own]
    assert any(NO_BREAK in sentence for sentence in said), "else this test holds nothing"
    assert NO_BREAK in quick_report.page.read_text(encoding="utf-8")
    for text in (as_json(quick_report), json_text(quick_report.summary, "report")):
        found = [s for own in json.loads(text)["sentences"].values() for s in own]
        assert sorted(found) == sorted(sentence.replace(NO_BREAK, " ") for sentence in said)
        assert NO_BREAK not in json.dumps(json.loads(text), ensure_ascii=False)


def test_what_a_user_has_named_stays_as_it_is():
    """A file is found under its own name only."""
    assert numbers.for_programs({"a\u00a0b": ["c\u00a0d", 0.5, None]}) == {
        "a\u00a0b": ["c\u00a0d", 0.5, None]
    }
    assert numbers.for_programs({"at 50\u00a0%": ["12.5\u00a0% removed"]}) == {"at 50 %": ["12.5 % removed"]}
