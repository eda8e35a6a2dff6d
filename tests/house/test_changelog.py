"""The changelog is for users: the headings of Keep a Changelog, short entries, nothing twice."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
MOST_LINES = 120  # of one version: a longer list is not read
MOST_WORDS = 60


def versions(text):
    """Heading → the text of its version, newest first."""
    found = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def entries(text):
    """Each entry of a list, in one line."""
    return [" ".join(entry.split()) for entry in re.findall(r"^- (.+(?:\n  .+)*)", text, re.MULTILINE)]


def faults(text):
    """What is wrong with a changelog: repeated entries, long ones, long versions, stray lines."""
    found = []
    for version, body in versions(text).items():
        listed = entries(body)
        found += [f"twice: {entry}" for entry in set(listed) if listed.count(entry) > 1]
        found += [f"long: {entry}" for entry in listed if len(entry.split()) > MOST_WORDS]
        found += [f"long: {version}"] if len(body.splitlines()) > MOST_LINES else []
        rest = re.sub(r"^- .+(?:\n  .+)*", "", body, flags=re.MULTILINE)
        found += [f"stray: {line}" for line in rest.splitlines() if line and not line.startswith("###")]
    return found


def test_the_newest_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    headings = list(versions(TEXT))
    assert headings[0].split(" - ")[0] == project["version"]
    assert all(
        re.fullmatch(r"\d+\.\d+\.\d+ - (\d{4}-\d\d-\d\d|in preparation)", heading) for heading in headings
    )


def test_the_parts_are_those_of_keep_a_changelog():
    assert set(re.findall(r"^### (.+)$", TEXT, re.MULTILINE)) <= KINDS


def test_entries_are_short_and_stand_once():
    assert faults(TEXT) == []
    assert len(entries(TEXT)) > 20


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("- One.\n- One.\n", "twice: One."),
        (f"- {'word ' * 61}\n", "long: " + "word " * 60 + "word"),
        ("- An entry.\nHalf of another.\n", "stray: Half of another."),
    ],
)
def test_a_broken_list_is_noticed(wrong, said):
    assert faults(f"## 0.1.0 - in preparation\n\n### Added\n\n{wrong}") == [said]
